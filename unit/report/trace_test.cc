// The record of a run: what it holds, that it is bounded, and what it looks like as text and as JSON lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "sim/report/base64.h"
#include "sim/report/json_lines.h"
#include "sim/report/names.h"
#include "sim/report/text.h"
#include "unit/report/story.h"

namespace sim::report {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string textOf(const Trace& trace, std::uint64_t until = kEveryEvent) {
  std::ostringstream out;
  writeText(trace, out, until);
  return out.str();
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Trace, HoldsARequestFromTheFirstPacketToTheLast) {
  Story story;
  ASSERT_TRUE(story.started());
  actor::RawClient& client = story.client();
  ASSERT_TRUE(story.ask(client, Story::get("/hello")));
  const std::string text = textOf(story.trace());
  EXPECT_THAT(text, ContainsRegex("c0 -> proxy[01] +sends +SYN\n"));
  EXPECT_THAT(text, ContainsRegex("proxy[01] -> c0 +arrives +SYN ACK\n"));
  EXPECT_THAT(text, ContainsRegex("c0 -> proxy[01] +sends +[0-9]+ B at 0 +GET /hello HTTP/1.1"));
  EXPECT_THAT(text, ContainsRegex("proxy[01] -> b[012] +sends +[0-9]+ B at 0 +GET /hello HTTP/1.1"));
  EXPECT_THAT(text, ContainsRegex("b[012] -> proxy[01] +arrives +[0-9]+ B at 0\n"));
  EXPECT_THAT(text, ContainsRegex("proxy[01] -> c0 +arrives +[0-9]+ B at 0\n"));
  EXPECT_THAT(text, HasSubstr("access"));
}

TEST(Trace, EveryPacketThatArrivedWasSentBeforeAndTheStreamsAreWhole) {
  Story story;
  story.tell();
  std::map<std::tuple<std::uint64_t, TraceEnd, TraceKind, std::uint64_t>, MonoTime> sent;
  std::map<std::pair<std::uint64_t, TraceEnd>, std::uint64_t> offset;
  std::size_t arrived = 0;
  for (const TraceEvent& event : story.trace().events()) {
    const auto key = std::tuple(event.connection, event.from, event.kind, event.offset);
    if (event.stage == TraceStage::Sent) sent.emplace(key, event.time);
    if (event.stage == TraceStage::Sent && event.kind == TraceKind::Data) {
      EXPECT_EQ(event.text.size(), event.size);
      EXPECT_EQ(event.offset, std::exchange(offset[{event.connection, event.from}], event.offset + event.size));
    }
    if (event.stage != TraceStage::Arrived) continue;
    ++arrived;
    ASSERT_TRUE(sent.contains(key)) << textLine(story.trace(), event);
    EXPECT_GE(event.time, sent[key]);
  }
  EXPECT_GT(arrived, 50U);
}

TEST(Trace, ChangesNothingInTheWorld) {
  const auto run = [](bool traced) {
    World world(7);
    Trace trace(world);
    if (traced) world.setTrace(&trace);
    net::Fabric fabric(world);
    net::Host& here = fabric.addHost("here", "10.0.0.1");
    net::Host& there = fabric.addHost("there", "10.0.0.2");
    net::SimEnv client(fabric, here, "client");
    net::SimEnv server(fabric, there, "server");
    const lb::Address at{there.address(), 80};
    actor::RawBackend backend(server.env(), at, actor::RawBackend::answering("HTTP/1.1 200 OK\r\n\r\n"));
    actor::RawClient asking(client.env(), at);
    asking.send(Story::get("/"));
    world.runFor(1s);
    EXPECT_EQ(trace.events().empty(), !traced);
    return world.digest().value();
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(Trace, KeepsTheLatestWhenThereAreTooMany) {
  World world(1);
  Trace trace(world, {.events_max = 3, .bytes_max = 10, .connections_max = 2});
  for (const char* text : {"one", "two", "three", "four"}) trace.note("a", text);
  ASSERT_EQ(trace.events().size(), 2U) << "three events would be 12 bytes";
  EXPECT_EQ(trace.events().front().text, "three");
  EXPECT_EQ(trace.dropped(), 2U);
  for (const char* text : {"1", "2", "3", "4"}) trace.note("a", text);
  ASSERT_EQ(trace.events().size(), 3U);
  EXPECT_EQ(trace.events().front().text, "2");
  EXPECT_THAT(textOf(trace), HasSubstr("(5 earlier events have been dropped)"));
  for (std::uint64_t id = 1; id <= 3; ++id) trace.connection(id, {});
  EXPECT_EQ(trace.find(1), nullptr);
  EXPECT_NE(trace.find(2), nullptr);
  trace.packet(world.now(), 1, TraceKind::Data, TraceStage::Sent, TraceEnd::Client, 0, 1, "x");
  EXPECT_THAT(textOf(trace), HasSubstr("? -> ?")) << "an event may outlive what is known of its connection";
}

TEST(Text, EndsWithTheEventThatIsAskedFor) {
  Story story;
  ASSERT_TRUE(story.ask(story.client(), Story::get("/")));
  const auto all = linesOf(textOf(story.trace()));
  const std::uint64_t middle = story.trace().events()[all.size() / 2].event;
  std::size_t expected = 0;
  for (const TraceEvent& event : story.trace().events()) expected += event.event <= middle ? 1 : 0;
  const auto some = linesOf(textOf(story.trace(), middle));
  ASSERT_EQ(some.size(), expected);
  EXPECT_LT(some.size(), all.size());
  EXPECT_EQ(some.back(), all[expected - 1]);
}

TEST(Text, OneLineForEachEventWhateverIsInIt) {
  World world(1);
  Trace trace(world);
  trace.note("c1", "two\nlines");
  trace.fault("stall", "b1", true);
  trace.violation("safety.one_answer", "two answers");
  trace.connection(7, {.ends = {TraceConnection::End{.host = "a", .owner = {}, .address = {}},
                                TraceConnection::End{.host = "b", .owner = "w1", .address = {}}},
                       .flows = {}});
  trace.packet(world.now() + 1234567us, 7, TraceKind::Data, TraceStage::Sent, TraceEnd::Server, 5, 3,
               std::string("\0\n\xff", 3));
  const auto lines = linesOf(textOf(trace));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "00:00:00.000000        0         c1                   note     two lines");
  EXPECT_EQ(lines[1], "00:00:00.000000        0         b1                   FAULT    stall");
  EXPECT_EQ(lines[2], "00:00:00.000000        0         safety.one_answer    VIOLATES two answers");
  EXPECT_EQ(lines[3],
            "00:00:01.234567        0 #7      w1 -> a              sends    3 B at 5           \\x00\\n\\xff");
}

TEST(Text, TheLastLinesTellEachPacketOnceWithItsBytes) {
  Story story;
  ASSERT_TRUE(story.ask(story.client(), Story::get("/the-last")));
  const std::vector<std::string> lines = lastLines(story.trace(), 10);
  ASSERT_EQ(lines.size(), 10U);
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  EXPECT_THAT(text, ContainsRegex("proxy[01] -> b[012] +arrives +[0-9]+ B at 0 +GET /the-last"));
  EXPECT_THAT(text, Not(ContainsRegex("proxy[01] -> b[012] +sends +[0-9]+ B")));
  EXPECT_THAT(text, Not(HasSubstr("window")));
}

TEST(Text, PacketsOneBehindTheOtherAreOneOfTheLastLines) {
  World world(1);
  Trace trace(world);
  trace.connection(7, {.ends = {TraceConnection::End{.host = "a", .owner = {}, .address = {}},
                                TraceConnection::End{.host = "b", .owner = {}, .address = {}}},
                       .flows = {}});
  const auto packet = [&](TraceStage stage, TraceEnd from, std::uint64_t offset, const char* bytes) {
    trace.packet(world.now(), 7, TraceKind::Data, stage, from, offset, 4, bytes);
  };
  trace.note("c1", "before");
  packet(TraceStage::Sent, TraceEnd::Client, 0, "ping");
  for (const std::uint64_t offset : {0U, 4U, 8U}) packet(TraceStage::Sent, TraceEnd::Server, offset, "pong");
  for (const std::uint64_t offset : {0U, 4U}) packet(TraceStage::Arrived, TraceEnd::Server, offset, "");
  const std::vector<std::string> lines = lastLines(trace, 10);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_THAT(lines[0], HasSubstr("before"));
  EXPECT_THAT(lines[1], ContainsRegex("a -> b +sends +4 B at 0 +ping$"));
  EXPECT_THAT(lines[2], ContainsRegex("b -> a +sends +4 B at 8 +pong$")) << "it has not arrived";
  EXPECT_THAT(lines[3], ContainsRegex("b -> a +arrives +4 B at 0 .and 1 more packets, 8 B in all. +pong$"));
}

// Of two requests at the same time: a report that blames the one has no line of the other.
TEST(Text, TheLastLinesOfARequestAreItsOwn) {
  World world(1);
  Trace trace(world);
  const auto connect = [&](std::uint64_t id, const char* from, const char* to) {
    trace.connection(id, {.ends = {TraceConnection::End{.host = from, .owner = {}, .address = {}},
                                   TraceConnection::End{.host = to, .owner = {}, .address = {}}},
                          .flows = {}});
  };
  connect(1, "c0", "proxy");
  connect(2, "c1", "proxy");
  connect(3, "proxy", "b0");
  connect(4, "proxy", "b1");
  std::uint64_t offset = 0;
  const auto send = [&](std::uint64_t connection, std::string_view bytes) {
    trace.packet(world.now(), connection, TraceKind::Data, TraceStage::Sent, TraceEnd::Client, offset, bytes.size(),
                 std::string(bytes));
    offset += bytes.size();
  };
  for (const char piece : std::string_view("GET /r/71 HTTP/1.1\r\nX-Sim-Id: 71\r\n\r\n")) send(1, {&piece, 1});
  send(2, "GET /r/7 HTTP/1.1\r\nX-Sim-Id: 7\r\n\r\n");
  send(3, "GET /r/71 HTTP/1.1\r\nX-Sim-Id: 71\r\n\r\n");
  send(4, "GET /r/7 HTTP/1.1\r\nX-Sim-Id: 7\r\n\r\n");
  for (const char* backend : {"b0", "b1"}) trace.fault("stall", backend, true);
  for (const char* client : {"c0", "c1"}) trace.note(client, std::string(client) + " has waited long enough");
  for (const char* request : {"71", "7"}) {
    trace.note("", std::string("the answer to request ") + request + " is complete");
    trace.access("proxy", std::string(R"({"path":"/r/)") + request + R"(","code":200})");
  }
  trace.note("", "calm");
  trace.log("proxy", "configuration reloaded");
  trace.violation("safety.own_answer", "of request 71");
  std::string text;
  for (const std::string& line : lastLines(trace, 100, 71)) text += line + '\n';
  for (const char* mine : {"c0 -> proxy", "proxy -> b0", "b0 +FAULT", "c0 has waited", "request 71 is complete",
                           "/r/71\"", "calm", "reloaded", "VIOLATES"})
    EXPECT_THAT(text, ContainsRegex(mine));
  for (const char* others : {"c1", "b1", "request 7 ", "/r/7\"", "/r/7 "}) EXPECT_THAT(text, Not(HasSubstr(others)));
  EXPECT_GT(lastLines(trace, 100).size(), lastLines(trace, 100, 71).size());
}

TEST(JsonLines, EachLineIsAnObjectAndTheBytesCanBeHadBack) {
  Story story;
  story.tell(1, 2);
  story.trace().packet(story.world().now(), 999, TraceKind::Data, TraceStage::Sent, TraceEnd::Client, 0, 2, "\xff\x01");
  std::ostringstream out;
  writeJsonLines(story.trace(), out);
  const auto lines = linesOf(out.str());
  ASSERT_EQ(lines.size(), story.trace().events().size());
  std::string request;
  for (const std::string& line : lines) {
    const auto object = nlohmann::json::parse(line);
    EXPECT_TRUE(object.contains("time_ns") && object.contains("event") && object.contains("kind")) << line;
    if (object["kind"] == "data" && object["from"] == "c0" && object["stage"] == "sent") request += object["text"];
  }
  EXPECT_EQ(request, Story::get("/0/0") + Story::post("/0/1", "some body\n"));
  EXPECT_EQ(nlohmann::json::parse(lines.back())["base64"], "/wE=");
}

TEST(Base64, AsInTheStandard) {
  for (const auto& [plain, text] : std::vector<std::pair<const char*, const char*>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}}) {
    EXPECT_EQ(base64(plain), text);
  }
}

TEST(Names, RolesComeFromWhoConnectsToWhom) {
  Story story;
  story.tell(3, 2);
  const auto roles = rolesOfHosts(story.trace());
  EXPECT_EQ(roles.at("clients"), Role::Client);
  EXPECT_EQ(roles.at("proxy"), Role::Proxy);
  EXPECT_EQ(roles.at("b1"), Role::Backend);
}

}  // namespace
}  // namespace sim::report
