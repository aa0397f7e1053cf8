// The heap of what is planned, against a sorted map that does the same the slow way.
#include "sim/core/agenda.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>

#include "sim/core/chance.h"
#include "sim/core/fifo.h"

namespace sim {
namespace {

struct Item final : Planned {};

Due at(std::uint64_t time, std::uint64_t order = 0) {
  return {lb::MonoTime{lb::Duration(static_cast<lb::Duration::rep>(time))}, order};
}

TEST(Agenda, GivesOutWhatASortedMapWould) {
  Prng prng(1);
  Agenda agenda;
  std::array<Item, 100> items;
  std::map<Due, Planned*> model;
  const auto forget = [&](const Item& item) {
    if (item.planned()) model.erase(item.due());
  };
  for (std::uint64_t step = 0; step < 20'000; ++step) {
    Item& item = items[prng.below(items.size())];
    const std::uint64_t what = prng.below(4);
    if (what < 2) {
      forget(item);
      const Due due = at(prng.below(50), step);
      agenda.put(item, due);
      model[due] = &item;
      ASSERT_EQ(item.due(), due);
    } else if (what == 2) {
      forget(item);
      item.callOff();
      ASSERT_FALSE(item.planned());
    } else if (!model.empty()) {
      ASSERT_EQ(agenda.first(), model.begin()->first);
      ASSERT_EQ(&agenda.takeFirst(), model.begin()->second);
      model.erase(model.begin());
    }
    ASSERT_EQ(agenda.size(), model.size());
  }
}

TEST(Agenda, ItemAndAgendaMayGoInEitherOrder) {
  Item outlives;
  {
    Agenda agenda;
    Item first;
    {
      Item goes;
      agenda.put(goes, at(1));
      agenda.put(first, at(2));
      agenda.put(outlives, at(3));
    }
    EXPECT_EQ(agenda.size(), 2U);
    EXPECT_EQ(&agenda.takeFirst(), &first);
  }
  EXPECT_FALSE(outlives.planned());
}

TEST(Fifo, KeepsItsOrderWhenMemoryIsUsedAgain) {
  Prng prng(1);
  Fifo<std::unique_ptr<int>> fifo;
  int pushed = 0;
  int popped = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (fifo.empty() || prng.below(100) < 51) {
      fifo.push(std::make_unique<int>(pushed++));
    } else {
      ASSERT_EQ(*fifo.front(), popped);
      ASSERT_EQ(*fifo.pop(), popped++);
    }
    ASSERT_EQ(fifo.size(), static_cast<std::size_t>(pushed - popped));
  }
}

}  // namespace
}  // namespace sim
