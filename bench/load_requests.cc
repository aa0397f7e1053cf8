#include "bench/load_requests.h"

namespace bench {
namespace {

// With the first line and Host about 700 bytes and twelve fields, as a browser sends them.
constexpr const char* kBrowserFields =
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Referer: https://my-service.my-company.com/orders/2024/overview?page=3\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=6f1c2a9e5b7d4830a1e4c2f09b8d7e65; theme=dark; consent=1\r\n";

}  // namespace

std::vector<std::string> makeRequests(const LoadOptions& options) {
  std::string fields;
  if (options.browser) fields += kBrowserFields;
  if (options.new_connection) fields += "Connection: close\r\n";
  if (options.upload_bytes > 0) fields += "Content-Length: " + std::to_string(options.upload_bytes) + "\r\n";
  std::vector<std::string> result;
  for (std::uint64_t i = 0; i < options.hosts; ++i) {
    std::string host = options.host;
    if (const std::size_t at = host.find('%'); at != std::string::npos) host.replace(at, 1, std::to_string(i));
    result.push_back((options.upload_bytes > 0 ? "POST " : "GET ") + options.path + " HTTP/1.1\r\nHost: " + host +
                     "\r\n" + fields + "\r\n");
  }
  return result;
}

}  // namespace bench
