// bench_origin: the server behind the proxies that are measured. It costs as little as it can: answers are made once, a
// small request is one recv and one send.
//
// Paths: /bytes/N answers N bytes with Content-Length, /chunked/N answers N bytes in chunks of 4 KiB. A request's body
// is read to its end before the answer. It listens on all loopback addresses at once (so that one process is a thousand
// backends), prints its port, and ends when its standard input does.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "bench/net.h"

namespace bench {
namespace {

constexpr std::size_t kContiguousMax = 1 << 20;  // up to here head and body are one piece
constexpr std::size_t kBlockBytes = 1 << 20;     // above, the body is this block over and over
constexpr std::size_t kChunkBytes = 4096;
constexpr std::size_t kBytesMax = std::size_t{1} << 32;
constexpr std::size_t kHeadMax = 64 * 1024;

struct Answer {
  std::string bytes;           // head, and the body unless it is large
  std::uint64_t repeated = 0;  // bytes of the block that follow
};

struct Connection {
  int fd = -1;
  std::string head;                // of a request that has come in part
  std::uint64_t body_left = 0;     // of the request
  const Answer* due = nullptr;     // once the request has ended
  const Answer* answer = nullptr;  // being sent
  std::size_t sent = 0;            // of answer->bytes
  std::uint64_t repeated_left = 0;
};

std::string chunked(std::size_t size) {
  std::string result;
  for (std::size_t at = 0; at < size; at += kChunkBytes) {
    const std::size_t length = std::min(kChunkBytes, size - at);
    std::array<char, 20> line{};
    std::snprintf(line.data(), line.size(), "%zx\r\n", length);
    result.append(line.data()).append(length, 'x').append("\r\n");
  }
  return result + "0\r\n\r\n";
}

Answer makeAnswer(std::string_view path) {
  const std::string kHead = "HTTP/1.1 200 OK\r\nServer: origin\r\nContent-Type: text/plain\r\n";
  const std::size_t slash = path.find('/', 1);
  if (slash == std::string_view::npos) return {.bytes = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"};
  const std::size_t size = std::min(kBytesMax, number("path", path.substr(slash + 1)));
  if (path.starts_with("/chunked/")) return {.bytes = kHead + "Transfer-Encoding: chunked\r\n\r\n" + chunked(size)};
  Answer answer{.bytes = kHead + "Content-Length: " + std::to_string(size) + "\r\n\r\n"};
  if (size <= kContiguousMax) {
    answer.bytes.append(size, 'x');
  } else {
    answer.repeated = size;
  }
  return answer;
}

std::uint64_t bodyLength(std::string_view head) {
  if (head.starts_with("GET ")) return 0;
  const std::size_t at = [&] {
    std::size_t found = head.find("Content-Length: ");
    return found == std::string_view::npos ? head.find("content-length: ") : found;
  }();
  if (at == std::string_view::npos) refuse("a request without Content-Length: " + std::string(head));
  const std::string_view value = head.substr(at + 16);
  return number("Content-Length", value.substr(0, value.find('\r')));
}

class Origin {
 public:
  Origin() : listener_(listenOn(0)), block_(kBlockBytes, 'x') {
    epoll_.addListener(listener_, &listener_);
    epoll_.addListener(STDIN_FILENO, &epoll_);
    std::printf("%u\n", portOf(listener_));
    std::fflush(stdout);
  }

  void run() {
    while (true) {
      for (const epoll_event& event : epoll_.wait(-1)) {
        if (event.data.ptr == &epoll_) return;
        if (event.data.ptr == &listener_) {
          accept();
        } else {
          serve(static_cast<Connection*>(event.data.ptr), (event.events & kEnd) != 0);
        }
      }
    }
  }

 private:
  void accept() {
    for (int fd = acceptFrom(listener_); fd >= 0; fd = acceptFrom(listener_)) {
      auto* connection = new Connection{};
      connection->fd = fd;
      epoll_.add(fd, connection);
    }
  }

  // One event of a connection: answers go first, since nothing is read while one waits. Ends the connection at its end.
  void serve(Connection* connection, bool ended) {
    if (!send(*connection)) return end(connection);
    while (connection->answer == nullptr) {
      const ssize_t got = recv(connection->fd, input_.data(), input_.size(), 0);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return end(connection);
      take(*connection, {input_.data(), static_cast<std::size_t>(got)});
      if (!send(*connection)) return end(connection);
      if (static_cast<std::size_t>(got) < input_.size() && !ended) return;  // a short read: the socket is empty
    }
  }

  void take(Connection& connection, std::string_view data) {
    while (!data.empty()) {
      if (connection.body_left > 0) {
        const std::uint64_t length = std::min<std::uint64_t>(connection.body_left, data.size());
        connection.body_left -= length;
        data.remove_prefix(length);
        if (connection.body_left == 0) connection.answer = connection.due;
        continue;
      }
      if (connection.answer != nullptr) refuse("pipelined requests are not expected");
      std::string_view head = data;
      if (!connection.head.empty()) head = connection.head.append(data);
      const std::size_t end = head.find("\r\n\r\n");
      if (end == std::string_view::npos) {
        if (head.size() > kHeadMax) refuse("a head without an end");
        if (connection.head.empty()) connection.head = data;
        return;
      }
      const std::size_t rest = head.size() - (end + 4);
      begin(connection, head.substr(0, end + 2));
      data = data.substr(data.size() - rest);
      connection.head.clear();
    }
  }

  void begin(Connection& connection, std::string_view head) {
    const std::size_t path = head.find(' ') + 1;
    const std::string_view target = head.substr(path, head.find(' ', path) - path);
    auto found = answers_.find(target);
    if (found == answers_.end()) found = answers_.emplace(target, makeAnswer(target)).first;
    connection.due = &found->second;
    connection.body_left = bodyLength(head);
    connection.sent = 0;
    connection.repeated_left = found->second.repeated;
    if (connection.body_left == 0) connection.answer = connection.due;
  }

  static void end(Connection* connection) {
    close(connection->fd);
    delete connection;
  }

  // Whether the connection is still good.
  bool send(Connection& connection) {
    while (connection.answer != nullptr) {
      const Answer& answer = *connection.answer;
      const bool in_block = connection.sent == answer.bytes.size();
      const std::string_view rest = in_block ? std::string_view(block_).substr(0, connection.repeated_left)
                                             : std::string_view(answer.bytes).substr(connection.sent);
      const ssize_t sent = ::send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      if (in_block) {
        connection.repeated_left -= static_cast<std::uint64_t>(sent);
      } else {
        connection.sent += static_cast<std::size_t>(sent);
      }
      if (connection.sent == answer.bytes.size() && connection.repeated_left == 0) connection.answer = nullptr;
    }
    return true;
  }

  Epoll epoll_;
  int listener_;
  std::string block_;
  std::map<std::string, Answer, std::less<>> answers_;
  std::array<char, 256 * 1024> input_{};
};

}  // namespace
}  // namespace bench

int main() {
  std::make_unique<bench::Origin>()->run();
}
