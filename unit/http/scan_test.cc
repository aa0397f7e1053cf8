// The scans by sixteen bytes against the plain loop: every byte at every place of runs shorter and longer than a step.
#include "lb/http/scan.h"

#include <gtest/gtest.h>

#include <string>

namespace lb::http::test {
namespace {

struct ScanRow {
  const char* name;
  const char* (*scan)(const char*, const char*);
  const char* (*plain)(const char*, const char*);
  char filler;
};
const ScanRow kScans[] = {
    {"token, letters", skipTokenChars, skip<kTokenChar>, 'q'},
    {"token, upper case", skipTokenChars, skip<kTokenChar>, 'Z'},
    {"token, digits", skipTokenChars, skip<kTokenChar>, '0'},
    {"token, dashes", skipTokenChars, skip<kTokenChar>, '-'},
    {"token, rare ones", skipTokenChars, skip<kTokenChar>, '~'},
    {"value, text", skipFieldChars, skip<kFieldChar>, 'x'},
    {"value, tabs", skipFieldChars, skip<kFieldChar>, '\t'},
    {"value, obs-text", skipFieldChars, skip<kFieldChar>, '\xe9'},
};

TEST(Scan, StopsWhereThePlainLoopDoes) {
  for (const ScanRow& row : kScans) {
    for (std::size_t size = 0; size <= 40; ++size) {
      for (std::size_t place = 0; place < size; ++place) {
        for (int byte = 0; byte < 256; ++byte) {
          std::string text(size, row.filler);
          text[place] = static_cast<char>(byte);
          const char* const begin = text.data();
          ASSERT_EQ(row.scan(begin, begin + size) - begin, row.plain(begin, begin + size) - begin)
              << row.name << ", byte " << byte << " at " << place << " of " << size;
        }
      }
    }
  }
}

}  // namespace
}  // namespace lb::http::test
