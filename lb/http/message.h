// A message head as the rest of the proxy sees it: one string of bytes and offsets into it, so that a move never
// dangles and a reused head allocates nothing. Names follow RFC 9110.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lb::http {

enum class Method : std::uint8_t { Get, Head, Post, Put, Delete, Connect, Options, Trace, Patch, Other };
[[nodiscard]] Method methodFrom(std::string_view token);  // case-sensitive; anything unknown is Other
[[nodiscard]] std::string_view toString(Method method);   // "OTHER" for Other
[[nodiscard]] bool isIdempotent(Method method);           // RFC 9110 9.2.2; Other is not

enum class Version : std::uint8_t { Http10, Http11 };

// Fields that the proxy itself must know; all others are Other. Names are compared without regard to case.
enum class FieldId : std::uint8_t {
  Other,
  Connection,
  ContentLength,
  Date,
  Expect,
  Forwarded,
  Host,
  KeepAlive,
  MaxForwards,
  ProxyConnection,
  Te,
  Trailer,
  TransferEncoding,
  Upgrade,
  UserAgent,
  Via,
  XForwardedFor,
  XForwardedHost,
  XForwardedProto,
  XRequestId,
};
[[nodiscard]] FieldId fieldIdFrom(std::string_view name);

// Several of them, as a set.
using FieldIds = std::uint32_t;
[[nodiscard]] constexpr FieldIds bitOf(FieldId id) {
  return FieldIds{1} << static_cast<unsigned>(id);
}

// A list of fields in the order received. Dropping a field only marks it: offsets stay valid and nothing moves.
class Fields {
 public:
  struct Field {
    std::uint32_t name_begin;
    std::uint32_t name_size;
    std::uint32_t value_begin;
    std::uint32_t value_size;
    FieldId id;
    bool dropped;
  };

  [[nodiscard]] std::size_t size() const { return list_.size(); }  // dropped ones included
  [[nodiscard]] const Field& at(std::size_t index) const { return list_[index]; }
  [[nodiscard]] std::string_view name(std::size_t index) const {
    return text(list_[index].name_begin, list_[index].name_size);
  }
  [[nodiscard]] std::string_view value(std::size_t index) const {
    return text(list_[index].value_begin, list_[index].value_size);
  }
  [[nodiscard]] FieldId id(std::size_t index) const { return list_[index].id; }
  [[nodiscard]] bool dropped(std::size_t index) const { return list_[index].dropped; }
  // False if there never was one of them. Most messages have few of the fields that are asked for, so this spares most
  // walks through the list.
  [[nodiscard]] bool hadAny(FieldIds ids) const { return (had_ & ids) != 0; }

  // The first that is not dropped.
  [[nodiscard]] std::optional<std::string_view> find(FieldId id) const;
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] std::size_t count(FieldId id) const;

  // Copies both to the end. REQUIRES: neither stands in these fields' own bytes.
  void add(std::string_view name, std::string_view value);
  void drop(std::size_t index) { list_[index].dropped = true; }
  void drop(FieldId id);
  void drop(std::string_view name);
  void clear();  // keeps the memory

  // For parsers and for start lines, which stand in the same bytes.
  [[nodiscard]] std::string& bytes() { return bytes_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::string_view text(std::uint32_t begin, std::uint32_t size) const {
    return {bytes_.data() + begin, size};
  }
  void addParsed(Field field) {
    had_ |= bitOf(field.id);
    list_.push_back(field);
  }

 private:
  std::string bytes_;
  std::vector<Field> list_;
  FieldIds had_ = 0;
};

// A piece of the head's bytes.
struct Part {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

struct RequestHead {
  Fields fields;
  Method method = Method::Get;
  Version version = Version::Http11;
  Part method_text;
  Part target_text;  // as received
  Part path_text;    // path and query in origin form; size 0 stands for "/"; "*" for OPTIONS *
  // The authority to route by and to forward: the target's if it is absolute (RFC 9112 3.2.2), else Host's; both empty
  // only for an HTTP/1.0 request without Host.
  std::string authority;  // as received, with its port
  std::string host;       // lower case, without port, without the final dot of a rooted name; IPv6 in brackets

  [[nodiscard]] std::string_view methodText() const { return fields.text(method_text.begin, method_text.size); }
  [[nodiscard]] std::string_view target() const { return fields.text(target_text.begin, target_text.size); }
  [[nodiscard]] std::string_view path() const;  // path and query in origin form, "/" at least
  void clear();
};

struct ResponseHead {
  Fields fields;
  Version version = Version::Http11;
  std::uint16_t status = 0;
  Part reason_text;

  [[nodiscard]] std::string_view reason() const { return fields.text(reason_text.begin, reason_text.size); }
  void clear();
  void start(std::uint16_t status_code);  // for replies of our own: clears, sets status and its standard reason phrase
};

[[nodiscard]] std::string_view reasonPhrase(std::uint16_t status);  // "Not Found"; empty for unknown ones

// How a body is delimited: decided once, by framing.h, and regenerated by the serializer.
enum class BodyKind : std::uint8_t { None, Length, Chunked, UntilClose };
struct Framing {
  BodyKind kind = BodyKind::None;
  std::uint64_t length = 0;  // of kind Length; of kind None only if declared
  bool declared = false;     // kind None with a Content-Length that describes what is not sent (HEAD, 304)
};

enum class ParseStatus : std::uint8_t { Done, NeedMore, Bad };

// Why input was refused. `status` is what a client gets for it; whatever a backend sends wrong is a 502.
struct Problem {
  std::uint16_t status = 400;
  const char* what = "";  // a static sentence fragment for logs and replies, without input bytes
};

// Does the comma-separated list hold the token? Compared without regard to case (RFC 9110 5.6.1).
[[nodiscard]] bool listHasToken(std::string_view list, std::string_view token);
[[nodiscard]] bool equalsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace lb::http
