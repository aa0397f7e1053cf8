// Files that lines go to: whole lines from several threads, rotation, full disks and readers that stopped reading.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "lb/os/os_line_sink.h"
#include "lb/os/output_file.h"
#include "unit/contract/os_harness.h"
#include "unit/contract/temporary_directory.h"

namespace lb::os {
namespace {

using contract::OsHarness;
using contract::readLines;
using contract::TemporaryDirectory;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(OutputFile, AppendsAndFollowsRotation) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("a.log");
  {
    std::ofstream(path) << "before\n";
  }
  const auto file = OutputFile::open(path);
  ASSERT_TRUE(file.has_value());
  (*file)->append("one\n");
  std::filesystem::rename(path, path + ".1");
  (*file)->append("two\n");
  ASSERT_TRUE((*file)->reopen().has_value());
  (*file)->append("three\n");
  EXPECT_THAT(readLines(path + ".1"), ElementsAre("before", "one", "two"));
  EXPECT_THAT(readLines(path), ElementsAre("three"));
}

TEST(OutputFile, KeepsTheOldFileIfTheNewOneCannotBeOpened) {
  const TemporaryDirectory directory;
  const std::string folder = directory.path("sub");
  std::filesystem::create_directory(folder);
  const auto file = OutputFile::open(folder + "/a.log");
  ASSERT_TRUE(file.has_value());
  std::filesystem::rename(folder, folder + ".moved");
  const Result<void> reopened = (*file)->reopen();
  ASSERT_FALSE(reopened.has_value());
  EXPECT_THAT(reopened.error().what, HasSubstr("a.log: No such file or directory"));
  (*file)->append("still here\n");
  EXPECT_THAT(readLines(folder + ".moved/a.log"), ElementsAre("still here"));
}

TEST(OutputFile, UnusableTargetIsAnError) {
  const auto file = OutputFile::open("/no/such/folder/a.log");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().what, "cannot open /no/such/folder/a.log: No such file or directory");
}

TEST(OutputFile, FullDiskIsCounted) {
  const auto file = OutputFile::open("/dev/full");
  ASSERT_TRUE(file.has_value());
  (*file)->append("lost\n");
  EXPECT_EQ((*file)->droppedBytes(), 5U);
}

// Makes a pipe, or a terminal, this process' stdout while it lives.
class StdoutPipe {
 public:
  enum class Kind : std::uint8_t { Pipe, Terminal };
  explicit StdoutPipe(Kind kind = Kind::Pipe) : saved_(::dup(STDOUT_FILENO)) {
    UniqueFd writer;
    if (kind == Kind::Pipe) {
      std::array<int, 2> ends{};
      EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
      reader_ = UniqueFd(ends[0]);
      writer = UniqueFd(ends[1]);
    } else {
      reader_ = UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
      EXPECT_TRUE(::grantpt(reader_.get()) == 0 && ::unlockpt(reader_.get()) == 0);
      writer = UniqueFd(::open(::ptsname(reader_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
    ::dup2(writer.get(), STDOUT_FILENO);
  }
  ~StdoutPipe() { ::dup2(saved_.get(), STDOUT_FILENO); }

  std::string readSome() {
    std::string text(1 << 20, '\0');
    const ssize_t got = ::read(reader_.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  UniqueFd saved_;
  UniqueFd reader_;
};

TEST(OutputFile, ReaderThatStoppedReadingDoesNotBlockUs) {
  std::string received;
  std::uint64_t dropped = 0;
  {
    StdoutPipe pipe;
    const auto file = OutputFile::open("stdout");
    ASSERT_TRUE(file.has_value());
    for (int i = 0; i < 2000; ++i) (*file)->append("0123456789 " + std::string(5000, 'x') + "\n");  // 10 MB
    dropped = (*file)->droppedBytes();
    received = pipe.readSome();
    (*file)->append("after\n");  // goes on once there is room, on a line of its own
    received += pipe.readSome();
  }
  EXPECT_GT(dropped, 9'000'000U);
  EXPECT_GT(received.size(), 4096U);
  EXPECT_TRUE(received.ends_with("\nafter\n"));
}

// A pipe with a name, and the end of it that is read.
class Fifo {
 public:
  Fifo() {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    reader_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  std::size_t readSome() const {  // bytes, of a page at most
    std::array<char, 4096> piece{};
    const ssize_t got = ::read(reader_.get(), piece.data(), piece.size());
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

 private:
  TemporaryDirectory directory_;
  std::string path_ = directory_.path("fifo");
  UniqueFd reader_;
};

// It makes room for a piece of a text sooner than anybody gives up: who waits anew for each piece loses nothing, and
// takes seconds.
TEST(OutputFile, SlowReaderDoesNotSlowUsDown) {
  constexpr std::size_t kTexts = 20;
  std::string text;
  for (int i = 0; i < 64; ++i) text += std::string(1023, 'x') + "\n";
  const Fifo fifo;
  const auto file = OutputFile::open(fifo.path());
  ASSERT_TRUE(file.has_value());
  std::size_t received = 0;
  std::promise<void> over;
  const std::future<void> ended = over.get_future();
  std::thread slow([&] {
    while (ended.wait_for(std::chrono::milliseconds(15)) == std::future_status::timeout) received += fifo.readSome();
  });
  for (std::size_t i = 0; i < kTexts; ++i) (*file)->append(text);
  over.set_value();
  slow.join();
  while (const std::size_t rest = fifo.readSome()) received += rest;
  EXPECT_GT((*file)->droppedBytes(), kTexts * text.size() / 2);
  EXPECT_EQ(received + (*file)->droppedBytes(), kTexts * text.size());
}

// Whole lines of this length leave room in each page of the pipe, which then takes less than a worker's buffer at once:
// every text has to wait for its reader a little, also after the reader has been too slow once.
TEST(OutputFile, ReaderThatIsQuickAgainGetsWholeTextsAgain) {
  std::string text;
  while (text.size() < 64 * 1024) text += std::string(1499, 'x') + "\n";
  const Fifo fifo;
  const auto file = OutputFile::open(fifo.path());
  ASSERT_TRUE(file.has_value());
  (*file)->append(text);
  ASSERT_GT((*file)->droppedBytes(), 0U) << "nobody reads";
  std::promise<void> over;
  const std::future<void> ended = over.get_future();
  std::thread quick([&] {
    while (ended.wait_for(std::chrono::microseconds(300)) == std::future_status::timeout) fifo.readSome();
  });
  const OsClock clock;
  const MonoTime deadline = clock.precise() + std::chrono::seconds(20);
  bool whole = false;
  while (!whole && clock.precise() < deadline) {
    const std::uint64_t before = (*file)->droppedBytes();
    (*file)->append(text);
    whole = (*file)->droppedBytes() == before;
  }
  over.set_value();
  quick.join();
  EXPECT_TRUE(whole);
}

// A blocking write there waits for room for all of it, whatever poll says. Without O_NONBLOCK this test does not end.
TEST(OutputFile, TerminalThatStoppedReadingDoesNotBlockUs) {
  std::uint64_t dropped = 0;
  {
    StdoutPipe terminal(StdoutPipe::Kind::Terminal);
    const auto file = OutputFile::open("stdout");
    ASSERT_TRUE(file.has_value());
    for (int i = 0; i < 1000; ++i) (*file)->append(std::string(100, 'x') + "\n");
    dropped = (*file)->droppedBytes();
  }
  EXPECT_GT(dropped, 50'000U);
}

TEST(OutputFile, FifoThatNobodyReadsIsAnError) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("fifo");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto file = OutputFile::open(path);
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().what, HasSubstr("fifo: No such device or address"));
}

// A disk that was full for a while: RLIMIT_FSIZE ends a file in the middle of a line as well.
TEST(OutputFile, LineThatWasCutIsEndedBeforeTheNext) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("a.log");
  const auto file = OutputFile::open(path);
  ASSERT_TRUE(file.has_value());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  (*file)->append("one\n");
  (*file)->append("two and more\n");
  (*file)->append("lost\n");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  (*file)->append("three\n");
  std::signal(SIGXFSZ, ignored);
  EXPECT_THAT(readLines(path), ElementsAre("one", "two an", "three"));
  EXPECT_EQ((*file)->droppedBytes(), 12U);
}

TEST(OutputFile, LongTextThroughAPipeArrivesWhole) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i) + "\n";
  std::string received;
  {
    StdoutPipe pipe;
    const auto file = OutputFile::open("stdout");
    std::thread writer([&] { (*file)->append(text); });
    while (received.size() < text.size()) received += pipe.readSome();
    writer.join();
  }
  EXPECT_EQ(received, text);
}

TEST(OsLineSink, WritesSoonAfterTheFirstLine) {
  const TemporaryDirectory directory;
  OsHarness env;
  const auto file = OutputFile::open(directory.path("access.log"));
  OsLineSink sink(env.loop(), **file);
  const MonoTime begin = env.clock().precise();
  sink.write("one");
  sink.write("two");
  EXPECT_TRUE(readLines(directory.path("access.log")).empty()) << "collected first";
  ASSERT_TRUE(env.runUntil([&] { return readLines(directory.path("access.log")).size() == 2; }));
  EXPECT_GE(env.clock().precise() - begin, std::chrono::milliseconds(200));
}

TEST(OsLineSink, WritesWhenTheBufferIsFullAndAtTheEnd) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("access.log");
  OsHarness env;
  const auto file = OutputFile::open(path);
  {
    OsLineSink sink(env.loop(), **file);
    const std::string line(999, 'l');
    for (int i = 0; i < 66; ++i) sink.write(line);  // 66,000 bytes with their newlines; 65,536 fit
    EXPECT_EQ(readLines(path).size(), 65U);
    sink.write(std::string(100'000, 'h'));  // longer than the buffer
    EXPECT_EQ(readLines(path).size(), 67U);
    sink.write("last");
  }
  EXPECT_EQ(readLines(path).back(), "last");
}

TEST(OsLineSink, LinesOfSeveralWorkersNeverMix) {
  constexpr int kWorkers = 4;
  constexpr int kLines = 5000;
  const TemporaryDirectory directory;
  const std::string path = directory.path("access.log");
  const auto file = OutputFile::open(path);
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      OsHarness env;
      OsLineSink sink(env.loop(), **file);
      for (int i = 0; i < kLines; ++i) sink.write(std::string(50, static_cast<char>('a' + worker)));
    });
  }
  for (std::thread& worker : workers) worker.join();
  const std::vector<std::string> lines = readLines(path);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kWorkers * kLines));
  for (const std::string& line : lines) ASSERT_EQ(line, std::string(50, line.front()));
}

}  // namespace
}  // namespace lb::os
