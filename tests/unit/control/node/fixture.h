#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/node/node.h"
#include "control/store/memory_store.h"
#include "tests/unit/control/link/fake_dataplane.h"

namespace strata::control {

// A node on a store in memory, with a data plane made of maps and a clock that is moved by hand.
struct NodeFixture {
    explicit NodeFixture(api::Config c = {}) : config(std::move(c)) { restart(); }

    // As after a restart of strata-control.
    void restart() {
        timers.clear();
        auto loaded = Node::load(
            config, store,
            {.random = [this] { return ++random; },
             .unix_ms = [] { return std::int64_t{1'700'000'000'000}; },
             .control_epoch = 1,
             .after = [this](auto, std::function<void()> run) { timers.push_back(std::move(run)); },
             .wake_link =
                 [this] {
                     if (talking) talk();
                 }});
        node = std::move(*loaded);
    }
    void connect() {
        talking = true;
        node->session().connect();
        talk();
    }
    void talk() {
        while (const auto message = node->session().next_message())
            for (const std::string& answer : dataplane.receive(*message))
                node->session().receive(answer);
    }
    void run_timers() {
        for (auto& run : std::exchange(timers, {})) run();
    }

    api::Config config;
    MemoryStore store;
    std::uint32_t random = 5000;
    std::vector<std::function<void()>> timers;
    FakeDataplane dataplane{77};
    bool talking = false;
    std::unique_ptr<Node> node;
};

}  // namespace strata::control
