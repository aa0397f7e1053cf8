// See help.h.
#include "sim/cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/cli/exit_code.h"

namespace sim::cli {

void addFooter(CLI::App& command, const std::vector<std::string>& examples, std::initializer_list<int> codes) {
  std::string text = "Examples:\n";
  for (const std::string& example : examples) text += fmt::format("  {}\n", example);
  text += "Exit codes:";
  for (const ExitCode& one : kExitCodes) {
    const bool has = one.code == kFine || one.code == kUsage || std::ranges::find(codes, one.code) != codes.end();
    if (has) text += fmt::format("\n  {:>3}  {}", one.code, one.meaning);
  }
  command.footer(text);
}

}  // namespace sim::cli
