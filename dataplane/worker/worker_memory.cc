#include "dataplane/worker/worker_memory.h"

#include "dataplane/worker/worker.h"

namespace strata::dataplane {

namespace {

// Of ipsec-mb's manager, and where bodies are put that many packets share, as measured; OpenSSL's
// engine takes less.
constexpr std::uint64_t kCipherEngine = 600'000;

}  // namespace

WorkerMemory worker_memory(const WorkerConfig& config, std::size_t ports, std::size_t workers) {
    const std::size_t users = std::size_t{config.max_transports} * 2;
    return {.tables = FlowTable::bytes_for(config.max_transports) +
                      BoundedTable<std::uint64_t, StreamRef>::bytes_for(config.max_ssrcs) +
                      BoundedTable<std::uint64_t, Transport*>::bytes_for(users) +
                      (config.max_tracks + config.max_waiting_by_name) * sizeof(PublishedTrack*),
            .history = relay::PacketHistory::bytes_for(config.history.packets) +
                       relay::PacketHistory::bytes_for(config.history.small_packets),
            .queues = ports * TxQueue::bytes_for(config.fan_out.tx_queue) +
                      2 * SpscRing<Command>::bytes_for(config.command_ring) +
                      SpscRing<Notice>::bytes_for(config.command_ring) +
                      PuntRing::bytes_for(config.punt_ring_bytes) +
                      (workers - 1) * HandoffRing::bytes_for(config.handoff_ring),
            .own = sizeof(Worker) + ports * sizeof(FanOut) + kCipherEngine};
}

}  // namespace strata::dataplane
