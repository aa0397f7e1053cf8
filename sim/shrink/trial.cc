// See trial.h.
#include "sim/shrink/trial.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "sim/run/run.h"

namespace sim::shrink {
namespace {

// What the child writes and its parent reads.
class Note {
 public:
  Note() : file_(memfd_create("trial", MFD_CLOEXEC)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  }
  ~Note() { ::close(file_); }
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;

  [[nodiscard]] int file() const { return file_; }
  void write(const std::string& text) const {
    if (::write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }
  [[nodiscard]] std::string read() const {
    constexpr std::size_t kMax = 64 * 1024;
    std::string text(kMax, '\0');
    const ssize_t size = pread(file_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int file_;
};

[[noreturn]] void runInChild(const plan::Scenario& scenario, std::chrono::milliseconds cpu_max, const Note& verdict,
                             const Note& complaints) {
  dup2(complaints.file(), STDERR_FILENO);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(cpu_max);
  const std::chrono::microseconds rest = cpu_max - seconds;
  const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = seconds.count(), .tv_usec = rest.count()}};
  setitimer(ITIMER_PROF, &limit, nullptr);
  auto run = std::make_unique<run::Run>(scenario);
  const bool fine = run->go();
  const check::Violation& violation = run->ledger().violation();
  verdict.write(fmt::format("{} {:x} {:x}\n{}", fine ? "-" : violation.invariant, run->world().digest().value(),
                            run->world().events(), violation.what));
  if (!fine) static_cast<void>(run.release());
  run.reset();  // objects of a run that succeeded must come apart, too
  std::_Exit(0);
}

// The place or the kind of error that an assertion or a sanitizer names, without what differs from run to run.
std::string crashSite(const std::string& complaints) {
  constexpr std::string_view kSanitizer = "Sanitizer: ";
  std::istringstream lines(complaints);
  for (std::string line; std::getline(lines, line);) {
    if (line.contains(": invariant broken: ") || line.contains(": runtime error: ")) return " " + line;
    const std::size_t kind = line.find(kSanitizer);
    if (kind != std::string::npos)
      return " " +
             line.substr(kind + kSanitizer.size(), line.find(' ', kind + kSanitizer.size()) - kind - kSanitizer.size());
  }
  return "";
}

}  // namespace

std::string Verdict::kind() const {
  std::string kind = invariant + ' ';
  if (!invariant.starts_with("safety.") && !invariant.starts_with("liveness.")) return kind;
  bool quoted = false;
  for (const char c : what) {
    if (c == '"') quoted = !quoted;
    if (!quoted && !(c >= '0' && c <= '9')) kind += c;
  }
  return kind;
}

Verdict tryOut(const plan::Scenario& scenario, std::chrono::milliseconds cpu_max) {
  const Note note;
  const Note complaints;
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) runInChild(scenario, cpu_max, note, complaints);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
    return {.invariant = kTimeout, .what = fmt::format("no end within {} ms of computing", cpu_max.count())};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how = WIFSIGNALED(status) ? fmt::format("crash.signal_{}", WTERMSIG(status)) : "crash.exit";
    const std::string text = complaints.read();
    return {.invariant = how + crashSite(text), .what = text};
  }
  Verdict verdict;
  std::istringstream text(note.read());
  text >> verdict.invariant >> std::hex >> verdict.hash >> verdict.events;
  if (verdict.invariant == "-") verdict.invariant.clear();
  text.ignore();
  std::getline(text, verdict.what, '\0');
  return verdict;
}

}  // namespace sim::shrink
