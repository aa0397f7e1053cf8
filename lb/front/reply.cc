// See reply.h.
#include "lb/front/reply.h"

#include "lb/front/http_date.h"

namespace lb::front {

void sendReply(http::ResponseWriter& writer, const Reply& reply, http::Method request_method, WallTime now,
               buf::BlockPool& blocks) {
  http::ResponseHead head;
  head.start(reply.status);
  head.fields.add("Date", httpDate(now));
  const bool bodiless = reply.status == 204 || reply.status == 304;
  if (!bodiless) {
    head.fields.add("Content-Type", reply.content_type);
    head.fields.add("X-Content-Type-Options", "nosniff");
  }
  for (const auto& [name, value] : reply.fields) head.fields.add(name, value);
  if (reply.edit) reply.edit(head.fields);
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
