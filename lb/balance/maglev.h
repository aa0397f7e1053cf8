// Google's Maglev hashing (Eisenbud et al., NSDI 2016): a table in which every backend has its share of the places to
// within one, that every proxy computes alike, and that changes little when a backend comes or goes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lb::balance {

struct MaglevHost {
  std::uint64_t id = 0;
  std::uint32_t weight = 1;
};

class Maglev {
 public:
  static constexpr std::uint32_t kPlaces = 65'537;         // both are prime
  static constexpr std::uint32_t kPlacesOfMany = 655'373;  // for more than one host in a hundred of the smaller one

  // The order of the hosts makes no difference. A weight of 0 gets no place. REQUIRES: at least one weight above 0.
  void build(std::span<const MaglevHost> hosts);

  [[nodiscard]] std::size_t places() const { return table_.size(); }
  [[nodiscard]] std::uint32_t at(std::uint64_t key) const { return table_[key % table_.size()]; }  // its index in hosts

 private:
  std::vector<std::uint32_t> table_;
};

}  // namespace lb::balance
