#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

struct bio_st;

namespace strata::control {

// UDP and IPv6 headers and a tunnel or two fit beside it on every path.
constexpr std::size_t kDtlsMtuBytes = 1200;

// What OpenSSL reads from and writes to instead of a socket, keeping datagrams apart: a read takes
// one whole datagram, a write is one. Nothing blocks, nothing is resent here.
class DatagramBio {
  public:
    using Datagram = std::vector<std::uint8_t>;

    DatagramBio();
    DatagramBio(const DatagramBio&) = delete;
    DatagramBio& operator=(const DatagramBio&) = delete;

    // A BIO that uses this object, which outlives it. Null: out of memory.
    bio_st* make_bio();

    // The next read's, a view that holds until `input` is called again. Empty: none.
    void input(std::span<const std::uint8_t> datagram) { input_ = datagram; }
    std::deque<Datagram>& output() { return output_; }
    // While true, what is written is forgotten.
    void discard_output(bool discard) { discard_ = discard; }

  private:
    friend struct DatagramBioMethods;
    std::span<const std::uint8_t> input_;
    std::deque<Datagram> output_;
    bool discard_ = false;
};

}  // namespace strata::control
