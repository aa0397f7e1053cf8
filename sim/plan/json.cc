// Scenario files. Which fields there are is said in fields.h; here stands what each kind of value looks like in JSON:
// times are nanoseconds, enumerated values words, and the configuration is the YAML that lb reads, as a list of its
// lines.
#include "sim/plan/json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "lb/base/check.h"
#include "lb/config/parse.h"
#include "sim/plan/config_text.h"
#include "sim/plan/fields.h"
#include "sim/plan/json_place.h"
#include "sim/plan/validate.h"

namespace sim::plan {
namespace {

using Json = nlohmann::ordered_json;

// --- writing

template <std::integral T>
Json write(T value) {
  return value;
}
Json write(Duration value) {
  return value.count();
}
Json write(const std::string& value) {
  return value;
}

template <class E>
  requires std::is_enum_v<E>
Json write(E value) {
  for (const auto& [one, word] : wordsOf(value)) {
    if (one == value) return word;
  }
  LB_CHECK(!"every value has its word");
}

Json write(const lb::config::Config& config) {
  return configLines(config);
}

template <Described T>
Json write(const T& object);

template <class T>
Json write(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(write(value));
  return list;
}

template <Described T>
Json write(const T& object) {
  const T usual{};
  Json json = Json::object();
  describe(std::type_identity<T>{}, [&](const char* name, auto member, auto... tags) {
    Json value = write(object.*member);
    if (kTagged<Always, decltype(tags)...> || value != write(usual.*member)) json[name] = std::move(value);
  });
  return json;
}

// --- reading

// The first thing that is wrong ends it.
struct Refusal {
  std::string message;
};

[[noreturn]] void refuse(const std::string& path, const std::string& message) {
  throw Refusal{fmt::format("{}: {}", path.empty() ? "/" : path, message)};
}

std::string shortened(std::string text) {
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

std::string shown(const Json& json) {
  return shortened(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void read(const Json& json, const std::string& path, bool& value) {
  if (!json.is_boolean()) refuse(path, fmt::format("true or false is wanted, not {}", shown(json)));
  value = json.get<bool>();
}

template <std::integral T>
void read(const Json& json, const std::string& path, T& value) {
  using Limits = std::numeric_limits<T>;
  if (!json.is_number_integer()) refuse(path, fmt::format("a whole number is wanted, not {}", shown(json)));
  const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                              : std::in_range<T>(json.get<std::int64_t>());
  if (!fits) refuse(path, fmt::format("{} is not within {} and {}", shown(json), Limits::min(), Limits::max()));
  value = json.get<T>();
}

void read(const Json& json, const std::string& path, Duration& value) {
  // Times are added to others: a hundred years leave room for that.
  constexpr Duration kMax = std::chrono::hours(24 * 36'525);
  std::int64_t nanoseconds = 0;
  read(json, path, nanoseconds);
  if (nanoseconds < 0 || nanoseconds > kMax.count())
    refuse(path, fmt::format("nanoseconds from 0 to {} are wanted, not {}", kMax.count(), shown(json)));
  value = Duration(nanoseconds);
}

void read(const Json& json, const std::string& path, std::string& value) {
  if (!json.is_string()) refuse(path, fmt::format("a text is wanted, not {}", shown(json)));
  value = json.get<std::string>();
}

template <class E>
  requires std::is_enum_v<E>
void read(const Json& json, const std::string& path, E& value) {
  std::vector<std::string_view> words;
  for (const auto& [one, word] : wordsOf(value)) {
    words.emplace_back(word);
    if (!json.is_string() || json.get_ref<const std::string&>() != word) continue;
    value = one;
    return;
  }
  refuse(path, fmt::format("one of {} is wanted, not {}", fmt::join(words, ", "), shown(json)));
}

template <Described T>
void read(const Json& json, const std::string& path, T& object);

template <class T>
void read(const Json& json, const std::string& path, std::vector<T>& values) {
  if (!json.is_array()) refuse(path, fmt::format("a list is wanted, not {}", shown(json)));
  values.resize(json.size());
  for (std::size_t i = 0; i < values.size(); ++i) read(json[i], fmt::format("{}/{}", path, i), values[i]);
}

void read(const Json& json, const std::string& path, lb::config::Config& config) {
  std::vector<std::string> lines;
  read(json, path, lines);
  const auto parsed = lb::config::parse(joined(lines));
  if (!parsed) {
    const lb::config::Issue& issue = parsed.error().front();
    const std::string line = issue.place.line > 0 ? fmt::format("/{}", issue.place.line - 1) : "";
    refuse(path + line, lb::config::format("config", issue));
  }
  config = parsed->config;
}

template <Described T>
void read(const Json& json, const std::string& path, T& object) {
  if (!json.is_object()) refuse(path, fmt::format("an object is wanted, not {}", shown(json)));
  std::vector<std::string_view> names;
  describe(std::type_identity<T>{}, [&](const char* name, auto member, auto...) {
    names.emplace_back(name);
    const auto found = json.find(name);
    if (found != json.end()) read(*found, fmt::format("{}/{}", path, name), object.*member);
  });
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(names, key) == names.end())
      refuse(fmt::format("{}/{}", path, key), fmt::format("no such field; there are {}", fmt::join(names, ", ")));
  }
}

// Looks for the number that is too large for any variable: the library's exception about it has no place.
class HugeNumber final : public nlohmann::json_sax<Json> {
 public:
  // REQUIRES: the text is JSON up to there.
  explicit HugeNumber(std::string_view json) { static_cast<void>(Json::sax_parse(json, this)); }

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t end, const std::string& token, const Json::exception&) override {
    offset_ = end - std::min(end, token.size());
    text_ = token;
    return false;
  }

 private:
  std::size_t offset_ = 0;
  std::string text_;
};

}  // namespace

std::string toJson(const Scenario& scenario) {
  return write(scenario).dump(1);
}

std::expected<Scenario, std::string> fromJson(std::string_view text, std::string_view file_name) {
  const auto refused = [&](std::string_view message) {  // which begins with a path
    const std::string_view path = message.substr(0, message.find(": "));
    return std::unexpected(fmt::format("{}:{}: {}", file_name, placeOf(text, path), message));
  };
  Scenario scenario;
  try {
    read(Json::parse(text), "", scenario);
  } catch (const Json::parse_error& error) {
    const std::size_t offset = error.byte > 0 ? error.byte - 1 : 0;  // it counts from one
    return std::unexpected(fmt::format("{}:{}: this is not JSON: {}", file_name, placeOf(text, offset), error.what()));
  } catch (const Json::out_of_range&) {
    const HugeNumber number(text);
    return std::unexpected(fmt::format("{}:{}: {} is too large a number", file_name, placeOf(text, number.offset()),
                                       shortened(number.text())));
  } catch (const Refusal& refusal) {
    return refused(refusal.message);
  }
  if (const std::string wrong = validate(scenario); !wrong.empty()) return refused(wrong);
  return scenario;
}

}  // namespace sim::plan
