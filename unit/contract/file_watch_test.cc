// What is seen of a file that is watched: directories that go, links that come, and what the system does not let us
// see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "lb/os/file_watch.h"
#include "unit/contract/os_harness.h"
#include "unit/contract/temporary_directory.h"
#include "unit/util/memory_log.h"

namespace lb::os {
namespace {

using contract::OsHarness;
using contract::TemporaryDirectory;
using testing::ElementsAre;
using testing::StartsWith;
using testutil::MemoryLog;

void put(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

class FileWatchTest : public testing::Test {
 protected:
  void watch(const std::string& path) {
    auto started = FileWatch::start(env_.osLoop(), log_, path, [this] { ++changes_; });
    ASSERT_TRUE(started.has_value()) << started.error().what;
    watch_ = std::move(*started);
  }
  bool changed(int times) {
    return env_.runUntil([&] { return changes_ >= times; });
  }
  // Nothing is told for several times as long as a change takes to settle.
  bool quiet() {
    const int before = changes_;
    bool over = false;
    const auto timer = env_.loop().makeTimer([&] { over = true; });
    timer->arm(5 * FileWatch::kSettle);
    return env_.runUntil([&] { return over; }) && changes_ == before;
  }

  OsHarness env_;
  MemoryLog log_;
  TemporaryDirectory directory_;
  int changes_ = 0;
  std::unique_ptr<FileWatch> watch_;
};

TEST_F(FileWatchTest, FileInPlaceOfADirectoryIsOneChange) {
  const std::string folder = directory_.path("etc");
  std::filesystem::create_directory(folder);
  put(folder + "/c.yaml", "one");
  watch(folder + "/c.yaml");
  std::filesystem::rename(folder, folder + ".old");
  put(folder, "no directory");
  ASSERT_TRUE(changed(1));
  EXPECT_TRUE(quiet());
  std::filesystem::remove(folder);
  std::filesystem::rename(folder + ".old", folder);
  EXPECT_TRUE(changed(2)) << "the directory is back";
}

TEST_F(FileWatchTest, FileThatComesByALinkIsSeen) {
  const std::string path = directory_.path("c.yaml");
  const std::string other = directory_.path("other.yaml");
  put(path, "one");
  put(other, "two");
  watch(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(changed(1));
  std::filesystem::create_hard_link(other, path);
  ASSERT_TRUE(changed(2));
  std::filesystem::remove(path);
  ASSERT_TRUE(changed(3));
  std::filesystem::create_hard_link(other, path);
  std::filesystem::remove(other);  // before anybody looks how many names it has
  EXPECT_TRUE(changed(4));
}

TEST_F(FileWatchTest, FileThatIsMadeIsNotLookedAtBeforeItIsClosed) {
  const std::string path = directory_.path("c.yaml");
  put(path, "one");
  watch(path);
  std::filesystem::remove(path);
  ASSERT_TRUE(changed(1));
  std::ofstream file(path);
  EXPECT_TRUE(quiet());
  file << "half" << std::flush;
  EXPECT_TRUE(quiet());
  file.close();
  EXPECT_TRUE(changed(2));
  std::filesystem::remove(path);
  ASSERT_TRUE(changed(3));
  file.open(path);
  file << "half" << std::flush;  // it has something in it by the time that it is seen
  EXPECT_TRUE(quiet());
}

// A directory whose files can be reached but not listed, not even by root, for as long as the object lives.
class Hidden {
 public:
  explicit Hidden(std::string path) : path_(std::move(path)) {
    EXPECT_EQ(::chmod(path_.c_str(), 0311), 0);
    EXPECT_EQ(::syscall(SYS_capget, &header_, before_.data()), 0);
    auto lowered = before_;
    lowered[0].effective &= ~((1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH));
    EXPECT_EQ(::syscall(SYS_capset, &header_, lowered.data()), 0);
  }
  ~Hidden() {
    EXPECT_EQ(::syscall(SYS_capset, &header_, before_.data()), 0);
    EXPECT_EQ(::chmod(path_.c_str(), 0700), 0);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  std::string path_;
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

TEST_F(FileWatchTest, DirectoryThatCannotBeWatchedIsSaidOnce) {
  const std::string folder = directory_.path("hidden");
  const std::string path = directory_.path("c.yaml");
  std::filesystem::create_directory(folder);
  put(folder + "/c.yaml", "one");
  std::filesystem::create_symlink(folder + "/c.yaml", path);
  const Hidden hidden(folder);
  watch(path);
  EXPECT_THAT(log_.lines, ElementsAre(StartsWith("cannot watch " + folder + ": Permission denied")));
  std::filesystem::create_symlink(folder + "/c.yaml", path + ".new");
  std::filesystem::rename(path + ".new", path);
  ASSERT_TRUE(changed(1)) << "what can be watched is";
  EXPECT_EQ(log_.lines.size(), 1U);
}

TEST_F(FileWatchTest, NothingThatCanBeWatchedIsAnError) {
  const std::string folder = directory_.path("hidden");
  std::filesystem::create_directory(folder);
  put(folder + "/c.yaml", "one");
  const Hidden hidden(folder);
  const auto started = FileWatch::start(env_.osLoop(), log_, folder + "/c.yaml", [] {});
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().what, "cannot watch " + folder + "/c.yaml: Permission denied");
}

}  // namespace
}  // namespace lb::os
