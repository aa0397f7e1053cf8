#include "lb/config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "lb/config/bounds.h"

namespace lb::config {
namespace {

Place toPlace(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

// Where something that the text lacks would have to stand.
Place endOf(std::string_view yaml) {
  const auto lines = std::ranges::count(yaml, '\n');
  const std::size_t last = yaml.rfind('\n') + 1;  // npos + 1 is 0: the only line
  return {static_cast<int>(lines) + 1, static_cast<int>(yaml.size() - last) + 1};
}

// Thrown through yaml-cpp out of an event, which is the only way to stop it; caught in load().
struct Refused {
  Place place;
  std::string message;
};

class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Document& document) : document_(document) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refused{toPlace(mark), "a second document begins here; the file must have only one"};
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark&, const std::string&) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    place(add(Node::Kind::Null, mark, {}, anchor));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node& node = add(Node::Kind::Scalar, mark, tag, anchor);
    node.scalar = value;
    place(node);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Node* const node = anchor < anchors_.size() ? anchors_[anchor] : nullptr;
    if (node == nullptr) throw Refused{toPlace(mark), "this alias has no anchor"};
    for (const Open& open : open_) {
      if (open.node == node) throw Refused{toPlace(mark), "this alias stands inside the value that it repeats"};
    }
    place(*node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node* node = nullptr;
    const Node* key = nullptr;  // in a map: a key that waits for its value
  };

  Node& add(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    // "?" and nothing: no tag was written. "!": a quoted scalar. All others were written by hand.
    const bool untagged = tag.empty() || tag == "?" || (tag == "!" && kind == Node::Kind::Scalar);
    if (!untagged) throw Refused{toPlace(mark), "tags (words that begin with !) are not supported"};
    Node& node = document_.add(kind, toPlace(mark));
    if (anchor != 0) {
      if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
      anchors_[anchor] = &node;
    }
    return node;
  }

  // Hangs a finished or just opened node into what is open around it.
  void place(const Node& node) {
    if (open_.empty()) return;
    Open& parent = open_.back();
    if (parent.node->kind == Node::Kind::List) {
      parent.node->list.push_back(&node);
    } else if (parent.key == nullptr) {
      parent.key = &node;
    } else {
      parent.node->map.push_back({parent.key, &node});
      parent.key = nullptr;
    }
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (open_.size() >= kDepthMax) {
      throw Refused{toPlace(mark), fmt::format("more than {} maps and lists within each other", kDepthMax)};
    }
    Node& node = add(kind, mark, tag, anchor);
    place(node);
    open_.push_back({&node, nullptr});
  }

  void close() { open_.pop_back(); }

  Document& document_;
  std::vector<Open> open_;
  std::vector<const Node*> anchors_;  // by yaml-cpp's number of the anchor, which begins at 1
  int documents_ = 0;
};

// yaml-cpp takes 0x04 for the end of the file, guesses UTF-16 from NULs and lets other controls pass.
std::expected<void, Issue> checkText(std::string_view yaml) {
  if (yaml.size() > kFileBytesMax) {
    return std::unexpected(
        Issue{{1, 1}, "", fmt::format("the file has {} bytes, over {}", yaml.size(), kFileBytesMax)});
  }
  Place place{1, 1};
  for (const char character : yaml) {
    const auto byte = static_cast<unsigned char>(character);
    if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7f) {
      return std::unexpected(
          Issue{place, "", fmt::format("control character 0x{:02x}; the file must be text in UTF-8", byte)});
    }
    if (byte == '\n') {
      place = {place.line + 1, 1};
    } else {
      ++place.column;
    }
  }
  return {};
}

}  // namespace

Node& Document::add(Node::Kind kind, Place place) {
  Node& node = nodes_.emplace_back();
  node.kind = kind;
  node.place = place;
  return node;
}

std::expected<Document, Issue> load(std::string_view yaml) {
  if (auto text = checkText(yaml); !text) return std::unexpected(std::move(text.error()));
  Document document;
  Builder builder(document);
  try {
    std::istringstream in{std::string(yaml)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    return std::unexpected(Issue{refused.place, "", refused.message});
  } catch (const YAML::Exception& error) {
    // At the end of the text yaml-cpp forgets the column.
    const bool at_end = error.mark.is_null() || std::cmp_greater_equal(error.mark.pos, yaml.size());
    const Place place = at_end ? endOf(yaml) : toPlace(error.mark);
    return std::unexpected(Issue{place, "", "not valid YAML: " + error.msg});
  }
  if (document.empty()) document.add(Node::Kind::Null, {1, 1});
  return document;
}

}  // namespace lb::config
