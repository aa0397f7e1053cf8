// Typed access to the tree of a file. A Value is one value with its place and path; a Section is a map of which every
// key is asked for once. What cannot be read is recorded as an error and leaves the target as it was, so that reading
// goes on.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/result.h"
#include "lb/config/bounds.h"
#include "lb/config/issues.h"
#include "lb/config/yaml.h"

namespace lb::config {

using KeysSeen = std::map<std::string_view, Place>;  // of one map

// Shared by all that read one file.
struct Reading {
  Issues issues;
  std::size_t values_left = kValuesMax;
  bool exhausted = false;

  // False, and once an error, when aliases have blown the file up beyond the limit.
  bool spend(std::size_t values, Place place);
  // False, and an error, when the map at that path has had the key already. REQUIRES: a single word.
  bool isNew(const Node& key, const std::string& path, KeysSeen& seen);
};

template <class E>
struct Word {
  std::string_view word;
  E value;
};

class Section;

class Value {
 public:
  // `place` is the key's when the node itself is empty and stands nowhere.
  Value(Reading& reading, const Node& node, Place place, std::string path)
      : reading_(reading), node_(node), place_(place), path_(std::move(path)) {}

  [[nodiscard]] Place place() const { return place_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Value at(std::string path) const { return {reading_, node_, place_, std::move(path)}; }
  [[nodiscard]] bool isNull() const { return node_.kind == Node::Kind::Null; }
  [[nodiscard]] bool isList() const { return node_.kind == Node::Kind::List; }
  [[nodiscard]] bool isEmptyList() const { return isList() && node_.list.empty(); }
  [[nodiscard]] bool isScalar() const { return node_.kind == Node::Kind::Scalar; }
  [[nodiscard]] bool is(std::string_view word) const { return isScalar() && node_.scalar == word; }
  [[nodiscard]] bool isNumber() const {  // at least it begins like one
    return isScalar() && !node_.scalar.empty() && node_.scalar.front() >= '0' && node_.scalar.front() <= '9';
  }
  void error(std::string message) const { reading_.issues.error(place_, path_, std::move(message)); }
  void warn(std::string message) const { reading_.issues.warning(place_, path_, std::move(message)); }

  // Each true when `target` was set, otherwise with an error recorded.
  bool text(std::string& target, std::string_view what = "a text") const;
  bool boolean(bool& target) const;
  bool duration(Duration& target, const DurationRange& range) const;
  bool size(std::uint64_t& target, const IntegerRange& range) const;
  bool rate(std::uint64_t& target, const IntegerRange& range) const;
  bool requestRate(double& target, const DecimalRange& range) const;  // a second
  bool decimal(double& target, const DecimalRange& range) const;
  bool cidrs(std::vector<Cidr>& target) const;

  // `also` names the words that the caller takes besides numbers, for the message: ", or auto".
  template <std::unsigned_integral T>
  bool integer(T& target, const IntegerRange& range, std::string_view also = "") const {
    std::uint64_t wide = 0;
    if (!wideInteger(wide, range, also)) return false;
    target = static_cast<T>(wide);  // the range is within T: every field's range is a constant chosen for it
    return true;
  }

  // A number, or the word `auto` that stands for 0.
  bool integerOrAuto(std::uint32_t& target, const IntegerRange& range) const;

  template <class E, std::size_t N>
  bool word(E& target, const std::array<Word<E>, N>& words) const {
    std::array<std::string_view, N> known{};
    for (std::size_t i = 0; i < N; ++i) known[i] = words[i].word;
    const std::optional<std::size_t> index = wordIndex(known);
    if (index) target = words[*index].value;
    return index.has_value();
  }

  // Text that `parse` turns into a T or refuses with a reason; the text itself is what a caller sees of a bad one.
  template <class T>
  bool parsed(T& target, Result<T> (*parse)(std::string_view), std::string_view what) const {
    std::string raw;
    if (!text(raw, what)) return false;
    Result<T> value = parse(raw);
    if (!value) {
      error(value.error().what);
      return false;
    }
    target = std::move(*value);
    return true;
  }

  // Calls `read` with each item; "hosts[0]" is the path of the first.
  bool list(const std::function<void(const Value&)>& read) const;
  // An empty value is a map without keys: everything in it was commented out.
  bool map(const std::function<void(Section&)>& read) const;
  // Of a map whose keys are names, not words that are known: calls `read` with each key and its value. A key that is
  // repeated is an error.
  bool entries(const std::function<void(const Value& key, const Value& value)>& read) const;

 private:
  bool scalar(std::string_view what) const;
  bool wideInteger(std::uint64_t& target, const IntegerRange& range, std::string_view also) const;
  std::optional<std::size_t> wordIndex(std::span<const std::string_view> known) const;

  Reading& reading_;
  const Node& node_;
  Place place_;
  std::string path_;
};

class Section {
 public:
  // REQUIRES: node is a map or null.
  Section(Reading& reading, const Node& node, Place place, std::string path);

  [[nodiscard]] Place place() const { return place_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  void error(std::string message) const { reading_.issues.error(place_, path_, std::move(message)); }

  // The key's value if the file has it. The key must outlive the section: a literal.
  [[nodiscard]] std::optional<Value> find(std::string_view key);
  [[nodiscard]] std::optional<Value> require(std::string_view key);  // an error when the file does not have it

  void duration(std::string_view key, Duration& target, const DurationRange& range);
  void size(std::string_view key, std::uint64_t& target, const IntegerRange& range);
  void boolean(std::string_view key, bool& target);
  void map(std::string_view key, const std::function<void(Section&)>& read);
  template <std::unsigned_integral T>
  void integer(std::string_view key, T& target, const IntegerRange& range) {
    if (const auto value = find(key)) value->integer(target, range);
  }
  template <class E, std::size_t N>
  void word(std::string_view key, E& target, const std::array<Word<E>, N>& words) {
    if (const auto value = find(key)) value->word(target, words);
  }

  // Keys that are repeated, or that nobody asked for. Called once, after all finds.
  void finish();

 private:
  [[nodiscard]] std::string pathOf(std::string_view key) const;
  void reportUnknown(const Node& key);

  Reading& reading_;
  const Node& node_;
  Place place_;
  std::string path_;
  std::vector<std::string_view> known_;
};

}  // namespace lb::config
