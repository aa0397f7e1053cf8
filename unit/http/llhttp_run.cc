#include "unit/http/llhttp_run.h"

#include <llhttp.h>

namespace lb::http::test {
namespace {

struct Run {
  llhttp_t parser{};
  LlhttpResult result;
  bool skip_body = false;
  bool in_trailers = false;
  bool value_seen = true;

  auto& list() { return in_trailers ? result.trailers : result.fields; }
};

Run& of(llhttp_t* parser) {
  return *static_cast<Run*>(parser->data);
}

int onField(llhttp_t* parser, const char* at, std::size_t size) {
  Run& run = of(parser);
  if (run.value_seen) run.list().emplace_back();
  run.value_seen = false;
  run.list().back().first.append(at, size);
  return 0;
}

int onValue(llhttp_t* parser, const char* at, std::size_t size) {
  of(parser).list().back().second.append(at, size);
  return 0;
}

int onValueComplete(llhttp_t* parser) {
  of(parser).value_seen = true;
  return 0;
}

int onHeadersComplete(llhttp_t* parser) {
  Run& run = of(parser);
  run.result.status = parser->status_code;
  run.in_trailers = true;
  const bool bodiless =
      run.result.status == 204 || run.result.status == 304 || (run.result.status >= 100 && run.result.status < 200);
  return run.skip_body || bodiless ? 1 : 0;
}

int onMessageComplete(llhttp_t* parser) {
  of(parser).result.complete = true;
  return HPE_PAUSED;  // so that the end of the message can be seen
}

llhttp_settings_t makeSettings() {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_method = [](llhttp_t* parser, const char* at, std::size_t size) {
    of(parser).result.method.append(at, size);
    return 0;
  };
  settings.on_url = [](llhttp_t* parser, const char* at, std::size_t size) {
    of(parser).result.target.append(at, size);
    return 0;
  };
  settings.on_header_field = onField;
  settings.on_header_value = onValue;
  settings.on_header_value_complete = onValueComplete;
  settings.on_headers_complete = onHeadersComplete;
  settings.on_body = [](llhttp_t* parser, const char* at, std::size_t size) {
    of(parser).result.body.append(at, size);
    return 0;
  };
  settings.on_message_complete = onMessageComplete;
  return settings;
}

}  // namespace

LlhttpResult runLlhttp(bool request, bool skip_body, std::string_view input, bool at_eof) {
  const llhttp_settings_t settings = makeSettings();
  Run run;
  llhttp_init(&run.parser, request ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
  run.parser.data = &run;
  run.skip_body = skip_body;
  const llhttp_errno_t error = llhttp_execute(&run.parser, input.data(), input.size());
  run.result.bytes = input.size();
  if (run.result.complete) {
    const char* position = llhttp_get_error_pos(&run.parser);
    if (position != nullptr) run.result.bytes = static_cast<std::size_t>(position - input.data());
  } else if (error != HPE_OK) {
    const char* reason = llhttp_get_error_reason(&run.parser);
    run.result.error = std::string(llhttp_errno_name(error)) + " " + (reason == nullptr ? "" : reason);
  } else if (at_eof) {
    llhttp_finish(&run.parser);
  }
  return std::move(run.result);
}

}  // namespace lb::http::test
