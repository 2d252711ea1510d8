#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "dataplane/port/port.h"

namespace strata::dataplane {

// A port whose packets another thread gives, for tests of what drives a worker.
class HandFedPort final : public Port {
  public:
    explicit HandFedPort(bool can_be_waited_for, std::uint32_t slow_poll_us = 0)
        : Port("hand-fed", {}), event_(can_be_waited_for ? ::eventfd(0, EFD_NONBLOCK) : -1) {
        capabilities_.slow_poll_us = slow_poll_us;
    }
    ~HandFedPort() override {
        if (event_ >= 0) ::close(event_);
    }

    // Any thread: `n` packets that nobody was announced for.
    void give(std::uint32_t n) {
        waiting_.fetch_add(n);
        const std::uint64_t one = 1;
        if (event_ < 0) return;
        EXPECT_EQ(::write(event_, &one, sizeof one), ssize_t{sizeof one});
    }

    std::expected<void, PortError> start(const Pools& pools) override {
        pools_ = &pools;
        return {};
    }
    Endpoint local_endpoint(std::uint16_t) const override { return {}; }
    std::uint16_t rx_burst(std::uint16_t, rte_mbuf** packets, std::uint16_t n,
                           relay::TimeUs) override {
        std::uint64_t seen;
        if (event_ >= 0) [[maybe_unused]]
            const ssize_t drained = ::read(event_, &seen, sizeof seen);
        std::uint16_t count = 0;
        while (count < n && waiting_.load() != 0) {
            rte_mbuf* m = rte_pktmbuf_alloc(pools_->rx);
            if (m == nullptr) break;
            rte_pktmbuf_append(m, 12);
            rte_pktmbuf_mtod(m, std::uint8_t*)[0] = 0x80;
            meta(m) = {};
            packets[count++] = m;
            waiting_.fetch_sub(1);
        }
        return count;
    }
    TxResult tx_burst(std::uint16_t, rte_mbuf** packets, std::uint32_t n) override {
        rte_pktmbuf_free_bulk(packets, n);
        return {n, 0};
    }
    LinkState make_link(const FlowKey&, std::span<std::byte, kLinkBytes>) override {
        return LinkState::refused;
    }
    int wait_descriptor(std::uint16_t) const override { return event_; }
    void poll_slow(std::uint16_t, relay::TimeUs) override { slow_polls_.fetch_add(1); }
    std::uint64_t slow_polls() const { return slow_polls_.load(); }

  private:
    int event_;
    const Pools* pools_ = nullptr;
    std::atomic<std::uint32_t> waiting_{0};
    std::atomic<std::uint64_t> slow_polls_{0};
};

}  // namespace strata::dataplane
