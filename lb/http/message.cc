#include "lb/http/message.h"

#include "lb/http/chars.h"

namespace lb::http {

Method methodFrom(std::string_view token) {
  switch (token.size()) {
    case 3:
      if (token == "GET") return Method::Get;
      if (token == "PUT") return Method::Put;
      break;
    case 4:
      if (token == "POST") return Method::Post;
      if (token == "HEAD") return Method::Head;
      break;
    case 5:
      if (token == "PATCH") return Method::Patch;
      if (token == "TRACE") return Method::Trace;
      break;
    case 6:
      if (token == "DELETE") return Method::Delete;
      break;
    case 7:
      if (token == "OPTIONS") return Method::Options;
      if (token == "CONNECT") return Method::Connect;
      break;
    default: break;
  }
  return Method::Other;
}

std::string_view toString(Method method) {
  switch (method) {
    case Method::Get: return "GET";
    case Method::Head: return "HEAD";
    case Method::Post: return "POST";
    case Method::Put: return "PUT";
    case Method::Delete: return "DELETE";
    case Method::Connect: return "CONNECT";
    case Method::Options: return "OPTIONS";
    case Method::Trace: return "TRACE";
    case Method::Patch: return "PATCH";
    case Method::Other: break;
  }
  return "OTHER";
}

bool isIdempotent(Method method) {
  switch (method) {
    case Method::Get:
    case Method::Head:
    case Method::Put:
    case Method::Delete:
    case Method::Options:
    case Method::Trace: return true;
    case Method::Connect:
    case Method::Post:
    case Method::Patch:
    case Method::Other: break;
  }
  return false;
}

FieldId fieldIdFrom(std::string_view name) {
  const auto one = [name](const auto& known, FieldId id) { return isName(name.data(), known) ? id : FieldId::Other; };
  const char first = name.empty() ? '\0' : lower(name.front());
  switch (name.size()) {
    case 2: return one("te", FieldId::Te);
    case 3: return one("via", FieldId::Via);
    case 4: return first == 'h' ? one("host", FieldId::Host) : one("date", FieldId::Date);
    case 6: return one("expect", FieldId::Expect);
    case 7: return first == 'u' ? one("upgrade", FieldId::Upgrade) : one("trailer", FieldId::Trailer);
    case 9: return one("forwarded", FieldId::Forwarded);
    case 10:
      if (first == 'c') return one("connection", FieldId::Connection);
      return first == 'u' ? one("user-agent", FieldId::UserAgent) : one("keep-alive", FieldId::KeepAlive);
    case 12: return first == 'x' ? one("x-request-id", FieldId::XRequestId) : one("max-forwards", FieldId::MaxForwards);
    case 14: return one("content-length", FieldId::ContentLength);
    case 15: return one("x-forwarded-for", FieldId::XForwardedFor);
    case 16:
      return first == 'x' ? one("x-forwarded-host", FieldId::XForwardedHost)
                          : one("proxy-connection", FieldId::ProxyConnection);
    case 17:
      return first == 't' ? one("transfer-encoding", FieldId::TransferEncoding)
                          : one("x-forwarded-proto", FieldId::XForwardedProto);
    default: return FieldId::Other;
  }
}

std::optional<std::string_view> Fields::find(FieldId id) const {
  if (!hadAny(bitOf(id))) return std::nullopt;
  for (std::size_t i = 0; i < list_.size(); ++i) {
    if (list_[i].id == id && !list_[i].dropped) return value(i);
  }
  return std::nullopt;
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (std::size_t i = 0; i < list_.size(); ++i) {
    if (!list_[i].dropped && equalsIgnoreCase(this->name(i), name)) return value(i);
  }
  return std::nullopt;
}

std::size_t Fields::count(FieldId id) const {
  std::size_t found = 0;
  if (!hadAny(bitOf(id))) return found;
  for (const Field& field : list_) {
    if (field.id == id && !field.dropped) ++found;
  }
  return found;
}

// Stored in the form of the wire, so that the serializer can copy added and received fields alike; in one piece, as
// four appends take two thirds more.
void Fields::add(std::string_view name, std::string_view value) {
  const std::size_t begin = bytes_.size();
  const std::size_t value_begin = begin + name.size() + 2;
  bytes_.resize_and_overwrite(value_begin + value.size() + 2, [&](char* bytes, std::size_t size) {
    char* end = bytes + begin;
    end += name.copy(end, name.size());
    *end++ = ':';
    *end++ = ' ';
    end += value.copy(end, value.size());
    *end++ = '\r';
    *end = '\n';
    return size;
  });
  addParsed({.name_begin = static_cast<std::uint32_t>(begin),
             .name_size = static_cast<std::uint32_t>(name.size()),
             .value_begin = static_cast<std::uint32_t>(value_begin),
             .value_size = static_cast<std::uint32_t>(value.size()),
             .id = fieldIdFrom(name),
             .dropped = false});
}

void Fields::drop(FieldId id) {
  if (!hadAny(bitOf(id))) return;
  for (Field& field : list_) {
    if (field.id == id) field.dropped = true;
  }
}

void Fields::drop(std::string_view name) {
  for (std::size_t i = 0; i < list_.size(); ++i) {
    if (equalsIgnoreCase(this->name(i), name)) list_[i].dropped = true;
  }
}

void Fields::clear() {
  bytes_.clear();
  list_.clear();
  had_ = 0;
}

std::string_view RequestHead::path() const {
  return path_text.size == 0 ? std::string_view("/") : fields.text(path_text.begin, path_text.size);
}

void RequestHead::clear() {
  fields.clear();
  method = Method::Get;
  version = Version::Http11;
  method_text = {};
  target_text = {};
  path_text = {};
  authority.clear();
  host.clear();
}

void ResponseHead::clear() {
  fields.clear();
  version = Version::Http11;
  status = 0;
  reason_text = {};
}

void ResponseHead::start(std::uint16_t status_code) {
  clear();
  status = status_code;
  const std::string_view reason = reasonPhrase(status_code);
  fields.bytes().append(reason);
  reason_text = {0, static_cast<std::uint32_t>(reason.size())};
}

// Eight bytes at a time, the last of them once more with those before them: every field name passes here.
bool equalsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (a.size() < kWord) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
  }
  const auto wordAt = [](std::string_view text, std::size_t at) {
    return lowerWord(detail::wordAt<std::uint64_t>(text.data() + at));
  };
  for (std::size_t i = 0; i + kWord < a.size(); i += kWord) {
    if (wordAt(a, i) != wordAt(b, i)) return false;
  }
  const std::size_t tail = a.size() - kWord;
  return wordAt(a, tail) == wordAt(b, tail);
}

bool listHasToken(std::string_view list, std::string_view token) {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (equalsIgnoreCase(trim(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace lb::http
