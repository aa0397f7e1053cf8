// inotify, level-triggered.
#include "lb/os/file_watch.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "lb/base/check.h"

namespace lb::os {
namespace {

constexpr int kLinksMax = 40;  // as the system itself follows
constexpr std::uint32_t kWatched = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                   IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// Where a symbolic link leads; nothing if it is none.
std::optional<std::string> linkTarget(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(size));
}

std::string joined(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

std::string cannotWatch(const std::string& path, int error) {
  return fmt::format("cannot watch {}: {}", path, std::generic_category().message(error));
}

}  // namespace

Result<std::unique_ptr<FileWatch>> FileWatch::start(OsLoop& loop, Logger& log, std::string path,
                                                    std::function<void()> on_change) {
  UniqueFd fd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.valid()) return fail(cannotWatch(path, errno));
  std::unique_ptr<FileWatch> made(new FileWatch(loop, log, std::move(fd), std::move(path), std::move(on_change)));
  if (made->directories_.empty()) {
    return fail(cannotWatch(made->path_, made->unwatched_.empty() ? ENOENT : made->unwatched_.begin()->second));
  }
  made->tellUnwatched();
  return made;
}

FileWatch::FileWatch(OsLoop& loop, Logger& log, UniqueFd fd, std::string path, std::function<void()> on_change)
    : log_(log),
      fd_(std::move(fd)),
      path_(std::move(path)),
      on_change_(std::move(on_change)),
      settle_(loop.makeTimer([this] { settled(); })) {
  const auto callback = [](evutil_socket_t, short, void* self) { static_cast<FileWatch*>(self)->takeEvents(); };
  event_assign(&event_, loop.base(), fd_.get(), EV_READ | EV_PERSIST, callback, this);
  LB_CHECK(event_add(&event_, nullptr) == 0);
  watchAll();
}

FileWatch::~FileWatch() {
  event_del(&event_);
}

void FileWatch::watchName(const std::string& directory, const std::string& name) {
  const int watch = inotify_add_watch(fd_.get(), directory.c_str(), kWatched);
  if (watch < 0) {
    const int error = errno;
    const std::size_t slash = directory.find_last_not_of('/');
    const std::size_t begin = slash == std::string::npos ? std::string::npos : directory.rfind('/', slash);
    if ((error != ENOENT && error != ENOTDIR) || begin == std::string::npos) {
      unwatched_[directory] = error;
      return;
    }
    // It is gone at the moment: the directory above tells when it is back.
    watchName(begin == 0 ? "/" : directory.substr(0, begin), directory.substr(begin + 1, slash - begin));
    struct stat back{};  // before the watch above was there
    if (::stat(directory.c_str(), &back) == 0 && S_ISDIR(back.st_mode)) noteChange();
    return;
  }
  Directory& known = directories_[watch];
  known.path = directory;
  known.names.insert(name);
}

// Component by component, as the system finds the file: each link's own name counts, and then where it leads.
void FileWatch::watchAll() {
  std::map<int, Directory> before = std::exchange(directories_, {});
  unwatched_.clear();
  std::string directory(1, path_.starts_with('/') ? '/' : '.');
  std::string rest = path_;
  for (int links = 0; !rest.empty();) {
    const std::size_t begin = std::min(rest.find_first_not_of('/'), rest.size());
    const std::size_t end = std::min(rest.find('/', begin), rest.size());
    const std::string name = rest.substr(begin, end - begin);
    rest.erase(0, end);
    if (name.empty()) break;
    const std::string here = joined(directory, name);
    if (const auto target = linkTarget(here); target && ++links <= kLinksMax) {
      watchName(directory, name);
      if (target->starts_with('/')) directory.assign(1, '/');
      rest.insert(0, *target);
    } else if (rest.empty()) {
      watchName(directory, name);
    } else {
      directory = here;
    }
  }
  for (const auto& [watch, known] : before) {
    if (!directories_.contains(watch)) inotify_rm_watch(fd_.get(), watch);
  }
}

void FileWatch::tellUnwatched() {
  for (const auto& [directory, error] : unwatched_) {
    if (told_.contains(directory)) continue;
    log_.write(LogLevel::Warn, cannotWatch(directory, error) + "; what changes there is not seen");
  }
  told_ = unwatched_;
}

void FileWatch::onChange(int watch, std::uint32_t what, const std::string& name) {
  const auto known = directories_.find(watch);
  if (known == directories_.end()) return;
  const bool of_directory = (what & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
  if (!of_directory && !known->second.names.contains(name)) return;
  if ((what & IN_MODIFY) != 0) {
    being_written_ = true;
    return;
  }
  if ((what & IN_CREATE) != 0) {
    struct stat found{};
    if (::lstat(joined(known->second.path, name).c_str(), &found) != 0) return;
    // A symbolic link is there at once, and so is a file that has, or had, another name before this one. One that is
    // made here is there when it is closed: what it has in it until then was written, of which an event is on its way.
    if (S_ISREG(found.st_mode)) {
      if (found.st_nlink > 1 || (found.st_size > 0 && !being_written_)) changed_ = true;
      return;
    }
  }
  if ((what & IN_ATTRIB) == 0) being_written_ = false;
  changed_ = true;
}

void FileWatch::takeEvents() {
  alignas(inotify_event) std::array<char, 16 * 1024> bytes{};
  for (;;) {
    const ssize_t size = ::read(fd_.get(), bytes.data(), bytes.size());
    if (size <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof(event));
      const std::string name = event.len > 0 ? std::string(bytes.data() + at + sizeof(event)) : std::string();
      if ((event.mask & IN_Q_OVERFLOW) != 0) {  // the end of a writing may be among what is lost
        changed_ = true;
        being_written_ = false;
      }
      onChange(event.wd, event.mask, name);
      at += sizeof(event) + event.len;
    }
  }
  if (changed_) noteChange();
}

void FileWatch::noteChange() {
  changed_ = true;
  if (!std::exchange(settling_, true)) settle_->arm(kSettle);
}

bool FileWatch::disturbed() {
  takeEvents();
  return changed_ || being_written_;
}

void FileWatch::settled() {
  settling_ = changed_ = false;
  takeEvents();
  if (being_written_) return;  // its end is an event of its own
  settle_->disarm();
  settling_ = changed_ = false;
  watchAll();
  tellUnwatched();
  on_change_();
}

}  // namespace lb::os
