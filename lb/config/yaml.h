// YAML text to a plain tree in which every node knows its place. yaml-cpp scans and parses; its events are gathered
// here instead of in its own node type, because that one lets duplicate keys pass, forgets whether a scalar was null,
// and recurses without a limit of ours.
#pragma once

#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lb/config/parse.h"

namespace lb::config {

struct Entry;

struct Node {
  enum class Kind : std::uint8_t { Null, Scalar, List, Map };
  Kind kind = Kind::Null;
  Place place;
  std::string scalar;             // without its quotes: "8080" and 8080 are the same
  std::vector<const Node*> list;  // an alias points to the node that it repeats
  std::vector<Entry> map;         // in the order of the file, duplicates included
};

struct Entry {
  const Node* key = nullptr;
  const Node* value = nullptr;
};

// Owns its nodes. REQUIRES for root(): at least one node, which load() guarantees.
class Document {
 public:
  Document() = default;
  Document(Document&&) =
      default;  // nodes point to each other: to move them is fine, a copy would point to the original
  Document& operator=(Document&&) = default;
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] const Node& root() const { return nodes_.front(); }
  Node& add(Node::Kind kind, Place place);

 private:
  std::deque<Node> nodes_;  // a deque, so that nodes stay where they are
};

// One document, without tags, anchors resolved. An empty text is a document of one null.
[[nodiscard]] std::expected<Document, Issue> load(std::string_view yaml);

}  // namespace lb::config
