// See raw_client.h.
#include "sim/actor/raw_client.h"

#include <utility>

namespace sim::actor {

using lb::Interest;
using lb::IoStatus;

RawEnd::RawEnd(lb::Loop& loop, std::unique_ptr<lb::Stream> stream) : loop_(loop), stream_(std::move(stream)) {
  stream_->bind(this);
  stream_->want(Interest::Both);  // the first readiness for writing says that it is connected
}

void RawEnd::send(std::string_view text) {
  unsent_.end() += text;
  writeAll();
  updateInterest();
}

void RawEnd::finish() {
  finish_wanted_ = true;
  writeAll();
  updateInterest();
}

void RawEnd::abort() {
  if (stream_) stream_->abort();
  close();
}

// It may be called from inside the stream's own event.
void RawEnd::close() {
  if (!stream_) return;
  stream_->want(Interest::None);
  loop_.retire(std::move(stream_));
}

void RawEnd::setReading(bool reading) {
  reading_ = reading;
  updateInterest();
}

void RawEnd::onReady(Interest ready) {
  connected_ = connected_ || has(ready, Interest::Write);
  if (has(ready, Interest::Write)) writeAll();
  if (has(ready, Interest::Read) && reading_) readAll();
  updateInterest();
}

void RawEnd::readAll() {
  const std::size_t before = received_.size();
  lb::IoResult result;
  received_.resize_and_overwrite(before + read_size_, [&](char* data, std::size_t size) {
    const lb::Space space = std::as_writable_bytes(std::span(data, size).subspan(before));
    result = stream_->read(std::span(&space, 1));
    return before + result.bytes;
  });
  if (result.status == IoStatus::WouldBlock) return;
  if (result.status != IoStatus::Ok) ended_ = result.status;
  onReceived();
}

void RawEnd::writeAll() {
  while (stream_ && !unsent_.empty() && write_failed_ == IoStatus::Ok) {
    const lb::Bytes piece = std::as_bytes(std::span(unsent_.rest()));
    const lb::IoResult result = stream_->write(std::span(&piece, 1));
    if (result.status == IoStatus::WouldBlock) return;
    if (result.status != IoStatus::Ok) {
      write_failed_ = result.status;
      unsent_.clear();
      return;
    }
    unsent_.drop(result.bytes);
  }
  if (stream_ && finish_wanted_ && connected_) {
    finish_wanted_ = false;
    static_cast<void>(stream_->finish());
  }
}

void RawEnd::updateInterest() {
  if (!stream_) return;
  Interest interest = reading_ && ended_ == IoStatus::Ok ? Interest::Read : Interest::None;
  const bool writing = !unsent_.empty() || finish_wanted_ || !connected_;
  if (writing && write_failed_ == IoStatus::Ok && ended_ != IoStatus::Refused) interest = interest | Interest::Write;
  stream_->want(interest);
}

}  // namespace sim::actor
