// The simulator's command line.
#include <fmt/format.h>

#include <cstdio>
#include <system_error>

#include "sim/cli/build.h"
#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/help.h"

using namespace sim::cli;

int main(int argc, char** argv) {
  CLI::App app{"sim: the proxy in a simulated world, every run reproducible from one number"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "sim " + buildText());
  int code = kFine;
  addRun(app, code);
  addReplay(app, code);
  addSweep(app, code);
  addMarks(app, code);
  addExplain(app, code);
  addListFaults(app, code);
  addRegressions(app, code);
  addShrink(app, code);
  addCheckDeterminism(app, code);
  addFingerprint(app, code);
  addValidate(app, code);
  addBench(app, code);
  addFooter(app,
            {"sim run --seed 4711", "sim run --config config.yaml --scenario scenario.yaml",
             "sim sweep --seeds 1..1000", "sim shrink --help"},
            {kSafety, kLiveness, kCrash, kNondeterminism, kMarks, kInterrupted});
  try {
    app.parse(argc, argv);
    if (std::fflush(stdout) == 0) return code;
    fmt::print(stderr, "sim: cannot write to standard output\n");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kUsage;
  } catch (const std::system_error& error) {  // of writing: the disk is full, say
    fmt::print(stderr, "sim: {}\n", error.what());
  }
  return kUsage;
}
