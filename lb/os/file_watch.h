// Tells when a file may have changed, however that is done: written in place, replaced by a rename as editors do, or
// behind a symbolic link that now leads elsewhere, as a ConfigMap's `..data` does.
//
// What is watched are the directories in which the file's name and the links on the way to it stand, and of them only
// those names; the way is walked anew after every change. A file that somebody still writes is not looked at before it
// is closed: half of a configuration may well be one. A directory that the system does not let us watch is said once.
#pragma once

#include <event2/event_struct.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "lb/base/log.h"
#include "lb/base/result.h"
#include "lb/os/os_loop.h"
#include "lb/os/unique_fd.h"

namespace lb::os {

class FileWatch {
 public:
  // What belongs together, as an editor's several steps, is told once: so long after the first of it.
  static constexpr Duration kSettle = std::chrono::milliseconds(100);

  [[nodiscard]] static Result<std::unique_ptr<FileWatch>> start(OsLoop& loop, Logger& log, std::string path,
                                                                std::function<void()> on_change);
  ~FileWatch();
  // Whether the file has changed, or somebody has begun to write it, since the callback began: then it comes again.
  [[nodiscard]] bool disturbed();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  FileWatch(OsLoop& loop, Logger& log, UniqueFd fd, std::string path, std::function<void()> on_change);
  void takeEvents();
  void onChange(int watch, std::uint32_t what, const std::string& name);
  void noteChange();
  void settled();
  void watchAll();
  void watchName(const std::string& directory, const std::string& name);
  void tellUnwatched();

  Logger& log_;
  UniqueFd fd_;
  std::string path_;
  std::function<void()> on_change_;
  struct Directory {
    std::string path;
    std::set<std::string> names;
  };
  std::map<int, Directory> directories_;  // by the number that inotify gave them
  std::map<std::string, int> unwatched_;  // those that could not be watched, and the system's errors
  std::map<std::string, int> told_;       // of them, by the log
  std::unique_ptr<Timer> settle_;
  bool settling_ = false;
  bool changed_ = false;
  bool being_written_ = false;
  event event_{};
};

}  // namespace lb::os
