// lb: an HTTP reverse proxy and load balancer. Flags only; the program is in program.cc.
#include <CLI/CLI.hpp>

#include <afe_revision.h>

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <string>

#include "lb/check_command.h"
#include "lb/program.h"
#include "lb/tell.h"

int main(int argc, char** argv) {
  const lb::observe::BuildInfo build{AFE_VERSION, AFE_REVISION, AFE_COMPILER};
  CLI::App app(
      "lb, an HTTP reverse proxy and load balancer.\n\n"
      "Signals: TERM or INT drains and exits (twice: at once), HUP reloads the configuration, USR1 reopens log files.\n"
      "A configuration file that changes is reloaded by itself; POST /reload on the control plane asks for it.");
  std::string config_path = "config.yaml";
  bool check = false;
  bool dump = false;
  bool health = false;
  bool no_watch = false;
  std::string tests_path;
  lb::CheckFormat format = lb::CheckFormat::Text;
  app.add_option("--config", config_path, "the configuration file")->capture_default_str()->type_name("FILE");
  auto* check_flag =
      app.add_flag("--check", check, "report every error of the configuration and exit (1 if there is one)");
  auto* dump_flag =
      app.add_flag("--dump-config", dump, "print the configuration in force, with every default, and exit");
  auto* health_flag = app.add_flag("--health", health, "ask the running lb's /readyz and exit (0: it takes requests)");
  app.add_option("--tests", tests_path, "with --check: requests and what has to become of each")
      ->type_name("FILE")
      ->needs(check_flag);
  app.add_option("--format", format, "with --check: text, or json for programs")
      ->transform(CLI::Transformer(
          std::map<std::string, lb::CheckFormat>{{"text", lb::CheckFormat::Text}, {"json", lb::CheckFormat::Json}}))
      ->type_name("text|json")
      ->needs(check_flag);
  app.add_flag("--no-watch", no_watch, "do not reload by itself when the file changes")->excludes(check_flag);
  check_flag->excludes(dump_flag)->excludes(health_flag);
  dump_flag->excludes(health_flag);
  app.set_version_flag("--version", fmt::format("lb {} ({}, {})", build.version, build.revision, build.compiler));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;  // 0: help or version was asked for
  }
  if (check || dump) {
    const int code =
        check ? lb::checkConfiguration({config_path, tests_path, format}) : lb::dumpConfiguration(config_path);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    lb::tellError("cannot write to standard output");
    return 1;
  }
  if (health) return lb::probeHealth(config_path);
  return lb::runProgram({config_path, !no_watch}, build);
}
