// Orders for one backend: drain, enable, weight.
#include <fmt/format.h>

#include <charconv>

#include "lb/admin/page.h"
#include "lb/config/bounds.h"

namespace lb::admin {
namespace {

constexpr std::string_view kWeightQuery = "value=";

Page notFound(std::string_view what) {
  return {404, {}, fmt::format("404 Not Found: {}\n", what)};
}

// "value=N" or "value=auto".
bool parseWeight(std::string_view query, std::optional<std::uint32_t>& weight) {
  if (!query.starts_with(kWeightQuery)) return false;
  const std::string_view text = query.substr(kWeightQuery.size());
  if (text == "auto") return true;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > config::kWeightByHand.max) return false;
  weight = number;
  return true;
}

// Brackets and colons of addresses may come escaped.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      plain += static_cast<char>(value);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

Page takeOrder(http::Method method, std::string_view path, AdminSource& source) {
  const std::size_t question = path.find('?');
  const std::string_view query = question == std::string_view::npos ? std::string_view() : path.substr(question + 1);
  const std::string_view words = path.substr(0, question).substr(kOrderPrefix.size());
  const std::size_t first = words.find('/');
  const std::size_t last = words.rfind('/');
  if (first == std::string_view::npos || last == first || words.find('/', first + 1) != last)
    return notFound("it is /backends/SERVICE/BACKEND/drain, enable or weight?value=N");
  BackendOrder order{.service = unescaped(words.substr(0, first)),
                     .backend = unescaped(words.substr(first + 1, last - first - 1)),
                     .weight = {}};
  const std::string_view action = words.substr(last + 1);
  if (action == "drain") {
    order.kind = BackendOrder::Kind::Drain;
  } else if (action == "enable") {
    order.kind = BackendOrder::Kind::Enable;
  } else if (action == "weight") {
    order.kind = BackendOrder::Kind::Weight;
  } else {
    return notFound("a backend can be told drain, enable or weight?value=N");
  }
  if (method != http::Method::Post) return {405, {}, "405 Method Not Allowed: POST\n", "POST"};
  if (order.kind == BackendOrder::Kind::Weight && !parseWeight(query, order.weight))
    return {400,
            {},
            fmt::format("400 Bad Request: value={}..{} or value=auto\n", config::kWeightByHand.min,
                        config::kWeightByHand.max)};
  const std::size_t count = source.order(order);
  if (count == 0) return notFound("no such backend; GET /backends lists them");
  return {200, {}, fmt::format("{}: {} backend{}\n", action, count, count == 1 ? "" : "s")};
}

}  // namespace lb::admin
