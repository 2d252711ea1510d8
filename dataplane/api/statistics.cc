#include "dataplane/api/statistics.h"

namespace strata::api {
namespace {

template <typename Enum>
using Names = std::array<const char*, static_cast<std::size_t>(Enum::kCount)>;

constexpr Names<WorkerCounter> kWorkerCounters = {
    "rx_packets",
    "rx_bytes",
    "handed_in",
    "fanned_out",
    "handed_only",
    "consumed",
    "punted",
    "selected",
    "sent",
    "sent_bytes",
    "queued",
    "copied_linearised",
    "copied_small",
    "copied_no_chain",
    "copied_encrypted",
    "srtp_refused",
    "copied_kernel",
    "rtcp_in",
    "rtcp_out",
    "rtcp_junk",
    "key_frame_requests_in",
    "key_frame_requests_out",
    "key_frame_requests_passed",
    "handed_out",
    "handoff_full",
    "nacks_out",
    "retransmissions_in",
    "nacks_in",
    "nacks_unknown",
    "nacks_missing",
    "nacks_obsolete",
    "nacks_repeated",
    "nacks_limited",
    "nacks_unanswerable",
    "nacks_ignored",
    "retransmissions_out",
    "retransmissions_empty",
    "transport_feedback_in",
    "transport_feedback_lost",
    "history_packets",
    "history_copied",
    "history_displaced",
    "history_relinquished",
    "history_refused",
    "transports_latched",
    "ssrcs_learned",
    "stun_answered",
    "stun_errors_sent",
    "stun_errors_unsent",
    "ice_tuples",
    "ice_nominations",
    "ice_consent_lost",
    "peers_slower",
    "peers_faster",
    "punts_down",
    "punts_down_lost",
    "flights_repeated",
    "ssrcs_refused",
    "streams_resumed",
    "checkpoints_refused",
    "outputs_refused",
    "extensions_ignored",
    "observed",
    "commands",
    "events_lost",
    "turns_busy",
    "turns_idle",
    "busy_cycles",
    "idle_cycles",
    "sleep_cycles",
    "sleeps",
    "preemptions",
    "preempted_us",
    "turn_overruns",
    "path_mtus_followed",
    "path_mtus_refused",
    "peers_without_route",
    "turn_ns_max",
    "rx_tx_ns_max",
    "timer_us_late_max",
};

constexpr Names<RxDrop> kRxDrops = {
    "empty",
    "not_ours",
    "stun_malformed",
    "stun_unexpected",
    "stun_unknown_user",
    "stun_bad_integrity",
    "stun_unknown_attribute",
    "stun_role_conflict",
    "stun_replayed",
    "stun_rate_limited",
    "stun_too_many_tuples",
    "dtls_refused",
    "unvalidated",
    "punt_rate_limited",
    "punt_full",
    "unknown_transport",
    "unlatched",
    "no_keys",
    "srtp_malformed",
    "srtp_auth",
    "srtp_replay",
    "srtp_ssrcs",
    "malformed_rtp",
    "malformed_rtcp",
    "unknown_ssrc",
    "unknown_payload_type",
    "retransmission",
    "branch_gone",
    "no_receiver",
    "layer_not_wanted",
    "waiting_for_key",
    "duplicate",
    "too_old",
    "no_structure",
    "padding_only",
    "malformed_descriptor",
};

constexpr Names<TxDrop> kTxDrops = {
    "tx_full",    "tx_late", "no_header_mbuf", "no_payload_mbuf", "too_large", "port_error",
    "unresolved", "unkeyed", "index_used",     "path_mtu",        "no_route",
};

constexpr Names<ObjectValue> kObjectValues = {
    "packets",        "bytes",          "ssrc",      "rtx_ssrc",
    "lost",           "fraction_lost",  "jitter_us", "rtt_us",
    "duplicates",     "rtx_packets",    "nacks",     "key_frame_requests",
    "key_frames",     "target",         "current",   "forwarding",
    "switches",       "receivers",      "latched",   "last_packet_us",
    "sender_reports", "voiced_packets", "no_route",
};

constexpr Names<TcpCounter> kTcpNames = {
    "accepted",
    "refused_connections",
    "refused_per_address",
    "refused_undecided",
    "refused_per_second",
    "tls_handed_over",
    "tls_refused",
    "closed_unknown",
    "closed_unknown_user",
    "closed_undecided",
    "closed_unclaimed",
    "closed_by_peer",
    "closed_broken",
    "closed_error",
    "closed_stopping",
    "connections",
    "undecided",
    "rx_datagrams",
    "rx_bytes",
    "rx_full",
    "rx_no_mbuf",
    "rx_no_buffer",
    "tx_datagrams",
    "tx_bytes",
    "tx_queued",
    "tx_gone",
    "tx_full_audio",
    "tx_full_base",
    "tx_full_upper",
    "tx_late_audio",
    "tx_late_base",
    "tx_late_upper",
    "tx_held_back_base",
    "tx_held_back_upper",
};

template <typename Enum>
const char* look_up(const Names<Enum>& names, Enum value) {
    const auto index = static_cast<std::size_t>(value);
    return index < names.size() ? names[index] : "unknown";
}

// A name that is missing at the end of a table would be null.
static_assert(kWorkerCounters.back() && kRxDrops.back() && kTxDrops.back() &&
              kObjectValues.back() && kTcpNames.back());

}  // namespace

const char* name(WorkerCounter counter) { return look_up(kWorkerCounters, counter); }
const char* name(RxDrop reason) { return look_up(kRxDrops, reason); }
const char* name(TxDrop reason) { return look_up(kTxDrops, reason); }
const char* name(ObjectValue value) { return look_up(kObjectValues, value); }
const char* name(TcpCounter counter) { return look_up(kTcpNames, counter); }

const char* name(StatisticsKind kind) {
    switch (kind) {
        case StatisticsKind::none: return "none";
        case StatisticsKind::transport: return "transport";
        case StatisticsKind::track: return "track";
        case StatisticsKind::subscription: return "subscription";
        case StatisticsKind::encoding: return "encoding";
        case StatisticsKind::branch: return "branch";
    }
    return "unknown";
}

}  // namespace strata::api
