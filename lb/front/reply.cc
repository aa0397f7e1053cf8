// See reply.h.
#include "lb/front/reply.h"

#include "lb/front/http_date.h"

namespace lb::front {

namespace {

bool isBodiless(const Reply& reply) {
  return reply.status == 204 || reply.status == 304;
}

}  // namespace

void addReplyFields(const Reply& reply, WallTime now, http::Fields& fields) {
  fields.add("Date", httpDate(now));
  if (!isBodiless(reply)) {
    fields.add("Content-Type", reply.content_type);
    fields.add("X-Content-Type-Options", "nosniff");
  }
  for (const auto& [name, value] : reply.fields) fields.add(name, value);
  if (reply.edit) reply.edit(fields);
}

void sendReply(http::ResponseWriter& writer, const Reply& reply, http::Method request_method, WallTime now,
               buf::BlockPool& blocks) {
  http::ResponseHead head;
  head.start(reply.status);
  addReplyFields(reply, now, head.fields);
  const bool bodiless = isBodiless(reply);
  http::Framing framing{.kind = http::BodyKind::Length, .length = reply.body.size()};
  if (bodiless) framing = {};
  if (request_method == http::Method::Head) framing = {.length = reply.body.size(), .declared = !bodiless};
  writer.sendHead(head, framing, {});
  if (framing.kind == http::BodyKind::Length && !reply.body.empty()) {
    buf::Buffer body(blocks);
    body.append(reply.body);
    writer.sendBody(body);
  }
  writer.sendEnd(nullptr);
}

}  // namespace lb::front
