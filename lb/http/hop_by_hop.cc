#include "lb/http/hop_by_hop.h"

#include "lb/http/chars.h"

namespace lb::http {
namespace {

// Calls each(member) for every member of the comma-separated list that is not empty.
template <class Each>
void forEachMember(std::string_view list, Each each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view member = trim(list.substr(0, comma));
    if (!member.empty()) each(member);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
}

constexpr FieldIds kHopByHop = bitOf(FieldId::Connection) | bitOf(FieldId::ContentLength) | bitOf(FieldId::KeepAlive) |
                               bitOf(FieldId::ProxyConnection) | bitOf(FieldId::Te) | bitOf(FieldId::TransferEncoding) |
                               bitOf(FieldId::Upgrade);

// Which lengths of names there are at all: a hostile Connection list with thousands of members costs little then.
std::uint64_t sizesIn(const Fields& fields) {
  std::uint64_t sizes = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) sizes |= std::uint64_t{1} << (fields.at(i).name_size % 64);
  return sizes;
}

void dropMembers(std::string_view list, std::uint64_t sizes, Fields& fields) {
  forEachMember(list, [&](std::string_view name) {
    if ((sizes >> (name.size() % 64) & 1) == 0 || equalsIgnoreCase(name, "host")) return;
    fields.drop(name);
  });
}

bool isUpgrade(std::string_view protocol) {
  const std::size_t slash = protocol.find('/');
  if (!isToken(protocol.substr(0, slash))) return false;
  return slash == std::string_view::npos || isToken(protocol.substr(slash + 1));
}

}  // namespace

void dropHopByHop(Fields& fields) {
  if (!fields.hadAny(kHopByHop)) return;
  bool named = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.id(i) == FieldId::Connection) named = true;
    if ((bitOf(fields.id(i)) & kHopByHop) != 0) fields.drop(i);
  }
  if (!named) return;
  const std::uint64_t sizes = sizesIn(fields);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.id(i) == FieldId::Connection) dropMembers(fields.value(i), sizes, fields);
  }
}

std::string namedByConnection(const Fields& fields) {
  std::string list;
  if (!fields.hadAny(bitOf(FieldId::Connection))) return list;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.id(i) == FieldId::Connection) list.append(fields.value(i)).append(",");
  }
  return list;
}

void dropNamed(std::string_view list, Fields& fields) {
  dropMembers(list, sizesIn(fields), fields);
}

bool connectionHas(const Fields& fields, std::string_view token) {
  if (!fields.hadAny(bitOf(FieldId::Connection))) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.id(i) != FieldId::Connection || fields.dropped(i)) continue;
    if (listHasToken(fields.value(i), token)) return true;
  }
  return false;
}

bool keepsAlive(const Fields& fields, Version version) {
  if (connectionHas(fields, "close")) return false;
  return version == Version::Http11 || connectionHas(fields, "keep-alive");
}

std::string upgradeOffer(const Fields& fields) {
  std::string offer;
  if (!connectionHas(fields, "upgrade")) return offer;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.id(i) != FieldId::Upgrade || fields.dropped(i)) continue;
    forEachMember(fields.value(i), [&offer](std::string_view protocol) {
      if (!isUpgrade(protocol) || equalsIgnoreCase(protocol, "h2c")) return;
      if (!offer.empty()) offer.append(", ");
      offer.append(protocol);
    });
  }
  return offer;
}

}  // namespace lb::http
