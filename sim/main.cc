// The simulator's command line.
#include "sim/cli/build.h"
#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"

int main(int argc, char** argv) {
  CLI::App app{"sim: the proxy in a simulated world, every run reproducible from one number"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "sim " + sim::cli::buildText());
  int code = sim::cli::kFine;
  sim::cli::addRun(app, code);
  sim::cli::addReplay(app, code);
  sim::cli::addSweep(app, code);
  sim::cli::addMarks(app, code);
  sim::cli::addExplain(app, code);
  sim::cli::addListFaults(app, code);
  sim::cli::addRegressions(app, code);
  sim::cli::addShrink(app, code);
  sim::cli::addCheckDeterminism(app, code);
  sim::cli::addFingerprint(app, code);
  sim::cli::addValidate(app, code);
  sim::cli::addBench(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? sim::cli::kFine : sim::cli::kUsage;
  }
  return code;
}
