// See trace_option.h.
#include "sim/cli/trace_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "sim/plan/json.h"
#include "sim/report/json_lines.h"
#include "sim/report/pcap.h"
#include "sim/report/sockets.h"

namespace sim::cli {

namespace {

class Folder {
 public:
  Folder(const std::string& path, const std::string& name, std::vector<std::string>& files)
      : path_(path), name_(name), files_(files) {}

  bool write(const char* ending, const std::function<void(std::ostream&)>& body) {
    std::error_code failed;
    std::filesystem::create_directories(path_, failed);
    const std::string file = (path_ / (name_ + ending)).string();
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    if (out) body(out);
    out.close();
    if (!out) {
      fmt::print(stderr, "{}: cannot be written: {}\n", file, std::strerror(errno));
      return false;
    }
    files_.push_back(file);
    return true;
  }

 private:
  std::filesystem::path path_;
  std::string name_;
  std::vector<std::string>& files_;
};

}  // namespace

void TraceOption::addTo(CLI::App& command) {
  command
      .add_option("--trace", kinds, "Write down everything that happens: text (to standard output), jsonl, html, pcap")
      ->check(CLI::IsMember({"text", "jsonl", "html", "pcap"}))
      ->delimiter(',');
  command.add_option("--out", folder, "The folder for files: those that --trace asks for, and all of a run that fails")
      ->capture_default_str();
  command.add_option("--until-event", until_event, "Write down nothing after the world's event of this number");
}

bool TraceOption::writeWanted(const Trace& trace, const std::string& name, const report::PageHead& head,
                              std::vector<std::string>& files) const {
  Folder out(folder, name, files);
  const auto wanted = [&](const char* kind) { return std::ranges::find(kinds, kind) != kinds.end(); };
  if (wanted("text")) report::writeText(trace, std::cout);
  std::cout.flush();
  bool fine = true;
  if (wanted("jsonl")) fine &= out.write(".jsonl", [&](std::ostream& to) { report::writeJsonLines(trace, to); });
  if (wanted("html")) fine &= out.write(".html", [&](std::ostream& to) { report::writeHtml(trace, head, to); });
  if (wanted("pcap")) fine &= out.write(".pcap", [&](std::ostream& to) { report::writePcap(trace, to); });
  return fine;
}

bool TraceOption::writeAll(const Trace& trace, const std::string& name, const report::PageHead& head,
                           const plan::Scenario& scenario, std::vector<std::string>& files) const {
  Folder out(folder, name, files);
  if (std::ranges::find(kinds, "text") != kinds.end()) report::writeText(trace, std::cout);
  std::cout.flush();
  return out.write(".json", [&](std::ostream& to) { to << plan::toJson(scenario) << '\n'; }) &&
         out.write(".html", [&](std::ostream& to) { report::writeHtml(trace, head, to); }) &&
         out.write(".pcap", [&](std::ostream& to) { report::writePcap(trace, to); }) &&
         out.write(".txt", [&](std::ostream& to) { report::writeText(trace, to); }) &&
         out.write(".jsonl", [&](std::ostream& to) { report::writeJsonLines(trace, to); }) &&
         out.write(".sockets.txt", [&](std::ostream& to) { report::writeSockets(trace, to); });
}

}  // namespace sim::cli
