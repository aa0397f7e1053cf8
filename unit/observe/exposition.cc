#include "unit/observe/exposition.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

namespace lb::observe {
namespace {

bool isNameChar(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  return letter || (!first && c >= '0' && c <= '9');
}

// One line, taken apart from the left.
class Line {
 public:
  explicit Line(std::string_view text) : whole_(text), rest_(text) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(what + " in: " + std::string(whole_));
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] bool next(char c) const { return !rest_.empty() && rest_.front() == c; }
  void expect(char c) {
    if (!next(c)) fail(std::string("no ") + c);
    rest_.remove_prefix(1);
  }
  std::string name() {
    std::size_t size = 0;
    while (size < rest_.size() && isNameChar(rest_[size], size == 0)) ++size;
    if (size == 0) fail("no name");
    return take(size);
  }
  std::string take(std::size_t size) {
    std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return taken;
  }
  std::string rest() { return take(rest_.size()); }
  std::string quoted() {
    expect('"');
    std::string value;
    while (!next('"')) {
      if (done()) fail("open string");
      char c = take(1)[0];
      if (c == '\\') {
        if (done()) fail("open escape");
        c = take(1)[0];
        if (c == 'n')
          c = '\n';
        else if (c != '\\' && c != '"')
          fail("bad escape");
      }
      value += c;
    }
    expect('"');
    return value;
  }
  double number() {
    const std::string text = rest();
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') fail("bad number");
    return value;
  }

 private:
  std::string_view whole_;
  std::string_view rest_;
};

Sample parseSample(Line line) {
  Sample sample;
  sample.name = line.name();
  if (line.next('{')) {
    line.expect('{');
    while (!line.next('}')) {
      if (!sample.labels.empty()) line.expect(',');
      const std::string label = line.name();
      line.expect('=');
      if (!sample.labels.emplace(label, line.quoted()).second) line.fail("label twice");
    }
    line.expect('}');
  }
  line.expect(' ');
  sample.value = line.number();
  return sample;
}

bool belongs(const Sample& sample, const ExposedFamily& family) {
  if (family.type != "histogram") return sample.name == family.name;
  if (sample.name == family.name + "_bucket") return sample.labels.contains("le");
  return sample.name == family.name + "_sum" || sample.name == family.name + "_count";
}

class Reader {
 public:
  void line(std::string_view text) {
    Line line(text);
    if (line.next('#')) return comment(line);
    Sample sample = parseSample(line);
    if (families.empty() || families.back().type.empty() || !belongs(sample, families.back()))
      line.fail("stray sample");
    if (!series_.emplace(sample.name, sample.labels).second) line.fail("series twice");
    families.back().samples.push_back(std::move(sample));
  }

  std::vector<ExposedFamily> families;

 private:
  void comment(Line& line) {
    line.expect('#');
    line.expect(' ');
    const std::string word = line.name();
    line.expect(' ');
    const std::string name = line.name();
    line.expect(' ');
    if (word == "HELP") {
      if (!names_.insert(name).second) line.fail("family twice");
      families.push_back({name, line.rest(), "", {}});
      if (families.back().help.empty()) line.fail("no help");
      return;
    }
    if (word != "TYPE" || families.empty() || families.back().name != name) line.fail("stray comment");
    families.back().type = line.rest();
    static const std::set<std::string> kTypes{"counter", "gauge", "histogram"};
    if (!kTypes.contains(families.back().type)) line.fail("bad type");
  }

  std::set<std::string> names_;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> series_;
};

}  // namespace

std::vector<ExposedFamily> parseExposition(std::string_view text) {
  Reader reader;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) throw std::runtime_error("no newline at the end");
    reader.line(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return std::move(reader.families);
}

std::optional<double> find(const std::vector<ExposedFamily>& families, const std::string& name,
                           const std::map<std::string, std::string>& labels) {
  for (const ExposedFamily& family : families) {
    for (const Sample& sample : family.samples) {
      if (sample.name == name && sample.labels == labels) return sample.value;
    }
  }
  return std::nullopt;
}

}  // namespace lb::observe
