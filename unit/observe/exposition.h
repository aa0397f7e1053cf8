// An independent, strict reader of the Prometheus text format 0.0.4, written from its description: what lb exposes must
// be readable by others, not by the library that wrote it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lb::observe {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct ExposedFamily {
  std::string name;
  std::string help;
  std::string type;
  std::vector<Sample> samples;
};

// Throws std::runtime_error with the line at the first thing that is not as it should be: a sample outside its family,
// a bad name or label, a family twice, a series twice, a family without help or type.
[[nodiscard]] std::vector<ExposedFamily> parseExposition(std::string_view text);

// The value of the one sample with that name and exactly these labels.
[[nodiscard]] std::optional<double> find(const std::vector<ExposedFamily>& families, const std::string& name,
                                         const std::map<std::string, std::string>& labels);

}  // namespace lb::observe
