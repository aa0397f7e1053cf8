// See validate.h. Ids are those of the project's validation plan.
#include "sim/validate/validate.h"

#include <algorithm>
#include <utility>

#include "sim/validate/bounded_load_experiment.h"
#include "sim/validate/hash_experiment.h"
#include "sim/validate/limit_experiment.h"
#include "sim/validate/pick_experiment.h"
#include "sim/validate/queue_table.h"
#include "sim/validate/share_experiment.h"

namespace sim::validate {
namespace {

// An entry runs together: its verdicts share an id.
struct Entry {
  std::string id;
  std::function<std::vector<Verdict>(const Options&)> run;
};

std::vector<Entry> entries(bool full) {
  std::vector<Entry> all;
  for (QueueExperiment& row : queueExperiments(full)) {
    std::string id = row.id;
    all.push_back({std::move(id), [row = std::move(row)](const Options& options) { return run(row, options); }});
  }
  all.push_back({"V11", littlesLaw});
  all.push_back({"PICK", randomPicks});
  all.push_back({"PICK", roundRobinPicks});
  all.push_back({"PICK", weightedPicks});
  all.push_back({"PICK", pairsDrawn});
  all.push_back({"PICK", picksBesideTheDown});
  all.push_back({"SLOW", slowStartShare});
  all.push_back({"HASH", hashTable});
  all.push_back({"HASH", boundedLoads});
  all.push_back({"HASH", boundedLoadsInProxy});
  all.push_back({"LIMIT", adaptiveLimit});
  return all;
}

}  // namespace

bool validate(const Options& options, const OnVerdict& on_verdict) {
  bool any = false;
  for (const Entry& entry : entries(options.full)) {
    if (!options.only.empty() && entry.id != options.only) continue;
    any = true;
    for (const Verdict& verdict : entry.run(options)) on_verdict(verdict);
  }
  return any;
}

std::vector<std::string> experimentIds() {
  std::vector<std::string> ids;
  for (const Entry& entry : entries(false)) {
    if (std::ranges::find(ids, entry.id) == ids.end()) ids.push_back(entry.id);
  }
  return ids;
}

}  // namespace sim::validate
