// See process.h.
#include "sim/repeat/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace sim::repeat {
namespace {

[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const Surroundings& surroundings, int out) {
  constexpr int kNoRandomisation = 125;
  constexpr int kNoProgram = 127;
  constexpr unsigned long kAsk = 0xffffffff;
  if (surroundings.fixed_addresses) {
    const int now = personality(kAsk);
    if (now < 0 || personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) < 0) _exit(kNoRandomisation);
  }
  for (const auto& [name, value] : surroundings.environment) setenv(name.c_str(), value.c_str(), 1);
  dup2(out, STDOUT_FILENO);
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(program.c_str(), words.data());
  _exit(kNoProgram);
}

}  // namespace

Ended runProgram(const std::string& program, const std::vector<std::string>& arguments,
                 const Surroundings& surroundings) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) become(program, arguments, surroundings, ends[1]);
  ::close(ends[1]);
  Ended ended;
  std::array<char, 65'536> piece{};
  for (;;) {
    const ssize_t size = ::read(ends[0], piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    ended.out.append(piece.data(), static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) ended.how = fmt::format("crash.signal_{}", WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) ended.how = fmt::format("crash.exit_{}", WEXITSTATUS(status));
  return ended;
}

}  // namespace sim::repeat
