// Writes every rendering of a story into a folder, for the tests that open them with other programs.
//
// usage: report_demo FOLDER CLIENTS REQUESTS_EACH
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "sim/report/json_lines.h"
#include "sim/report/page.h"
#include "sim/report/pcap.h"
#include "sim/report/text.h"
#include "unit/report/story.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: report_demo FOLDER CLIENTS REQUESTS_EACH\n", stderr);
    return 2;
  }
  using namespace sim::report;
  const std::string folder = argv[1];
  Story story;
  story.tell(std::atoi(argv[2]), std::atoi(argv[3]));
  std::ofstream text(folder + "/trace.txt");
  writeText(story.trace(), text);
  std::ofstream lines(folder + "/trace.jsonl");
  writeJsonLines(story.trace(), lines);
  std::ofstream pcap(folder + "/trace.pcap", std::ios::binary);
  writePcap(story.trace(), pcap);
  std::ofstream page(folder + "/trace.html");
  writeHtml(story.trace(), headOf(story.failure()), page);
  return text.good() && lines.good() && pcap.good() && page.good() ? 0 : 1;
}
