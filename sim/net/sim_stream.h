// One end of a simulated connection, as lb sees it.
#pragma once

#include "lb/env/stream.h"
#include "sim/net/connection.h"
#include "sim/net/sim_loop.h"

namespace sim::net {

class SimStream final : public lb::Stream, private IoItem {
 public:
  SimStream(SimLoop& loop, Connection& connection, Side side);
  ~SimStream() override;

  void bind(lb::StreamEvents* events) override { events_ = events; }
  void want(lb::Interest interest) override;
  lb::IoResult read(std::span<const lb::Space> into) override;
  lb::IoResult write(std::span<const lb::Bytes> from) override;
  lb::IoStatus finish() override;
  void abort() override;
  [[nodiscard]] const lb::Address& remote() const override { return remote_; }
  [[nodiscard]] const lb::Address& local() const override { return local_; }

  void changed();  // what is possible may have changed
  [[nodiscard]] lb::Interest wanted() const { return wanted_; }

 private:
  void onIo() override;
  [[nodiscard]] lb::Interest possible() const;

  SimLoop& loop_;
  Connection& connection_;
  Side side_;
  lb::Address remote_;
  lb::Address local_;
  lb::StreamEvents* events_ = nullptr;
  lb::Interest wanted_ = lb::Interest::None;
};

}  // namespace sim::net
