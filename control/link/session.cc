#include "control/link/session.h"

#include <algorithm>
#include <utility>

#include "dataplane/api/strata.pb.h"

namespace strata::control {
namespace {

constexpr int kMaxWorkerAddresses = 1024;  // more can't be true
// What a batch leaves free of kMaxMessageBytes for its own framing.
constexpr std::size_t kBatchFramingBytes = 64;

// Nullopt: not an address and a port.
std::optional<Endpoint> endpoint_of(const std::string& address, std::uint32_t port) {
    if ((address.size() != 4 && address.size() != 16) || port == 0 || port > 65535)
        return std::nullopt;
    Endpoint endpoint{.address_bytes = static_cast<std::uint8_t>(address.size()),
                      .port = static_cast<std::uint16_t>(port)};
    std::ranges::copy(address, endpoint.address.begin());
    return endpoint;
}

std::size_t framed(const google::protobuf::MessageLite& element) {
    return element.ByteSizeLong() + 6;  // tag and length
}

WorkerAddress address_of(const api::WorkerInfo& worker) {
    WorkerAddress address{.worker = worker.id(),
                          .cpu = worker.cpu(),
                          .numa_node = worker.numa_node(),
                          .port = worker.port(),
                          .address = worker.address(),
                          .udp_port = static_cast<std::uint16_t>(worker.udp_port()),
                          .addresses = {worker.addresses().begin(), worker.addresses().end()}};
    if (address.addresses.empty()) address.addresses.push_back(worker.address());
    const std::size_t own = std::min<std::size_t>(worker.own_addresses(), address.addresses.size());
    address.own.push_back(worker.address());
    for (std::size_t i = 1; i < own; ++i) address.own.push_back(address.addresses[i]);
    for (const std::string& text : worker.tcp_addresses())
        if (const auto endpoint = parse_endpoint(text)) address.tcp.push_back(*endpoint);
    return address;
}

}  // namespace

std::string_view link_state_text(LinkState state) {
    switch (state) {
        case LinkState::absent: return "absent";
        case LinkState::connecting: return "connecting";
        case LinkState::synchronising: return "synchronising";
        case LinkState::synchronised: return "synchronised";
    }
    return "absent";
}

LinkSession::LinkSession(const Directory& directory, std::uint64_t control_epoch, Hooks hooks)
    : directory_(directory), control_epoch_(control_epoch), hooks_(std::move(hooks)) {}

void LinkSession::connect() { stage_ = Stage::hello; }

void LinkSession::disconnect(std::string reason) {
    last_error_ = std::move(reason);
    stage_ = Stage::disconnected;
    observations_.clear();
    in_flight_.clear();
    sent_.clear();
    hooks_.progress();
}

void LinkSession::observe(const api::Observations& wanted) {
    api::ToDataplane message;
    *message.mutable_observations() = wanted;
    observations_ = message.SerializeAsString();
}

void LinkSession::set_absent() { stage_ = Stage::absent; }

std::uint64_t LinkSession::next_generation() {
    generation_ = std::max(generation_ + 1, revision_);
    return generation_;
}

std::optional<std::string> LinkSession::next_message() {
    switch (stage_) {
        case Stage::hello: {
            api::ToDataplane message;
            api::Hello& hello = *message.mutable_hello();
            hello.set_version(api::kProtocolVersion);
            hello.set_program("strata-control");
            hello.set_control_epoch(control_epoch_);
            stage_ = Stage::hello_reply;
            return message.SerializeAsString();
        }
        case Stage::begin: return begin_resync();
        case Stage::batches:
            return resync_next_ < resync_keys_.size() ? resync_batch() : commit_resync();
        case Stage::synchronised:
            if (!observations_.empty()) return std::exchange(observations_, {});
            return difference();
        default: return std::nullopt;
    }
}

std::string LinkSession::begin_resync() {
    resync_keys_ = all_objects(directory_);
    resync_next_ = 0;
    resync_count_ = 0;
    resync_digest_ = {};
    resync_generation_ = next_generation();
    changed_.clear();
    removed_.clear();
    stage_ = Stage::batches;
    api::ToDataplane message;
    message.mutable_resync_begin()->set_epoch(control_epoch_);
    message.mutable_resync_begin()->set_generation(resync_generation_);
    return message.SerializeAsString();
}

std::string LinkSession::resync_batch() {
    api::ToDataplane message;
    api::Batch& batch = *message.mutable_batch();
    batch.set_generation(resync_generation_);
    std::size_t bytes = kBatchFramingBytes;
    for (; resync_next_ < resync_keys_.size(); ++resync_next_) {
        // Gone or changed since the begin: then it is marked as well and follows after the commit.
        auto object = desired_object(directory_, resync_keys_[resync_next_], dataplane_epoch_);
        if (!object) continue;
        bytes += framed(*object);
        if (bytes > api::kMaxMessageBytes) break;
        resync_digest_.add(object->SerializeAsString());
        ++resync_count_;
        *batch.add_put() = std::move(*object);
    }
    return message.SerializeAsString();
}

std::string LinkSession::commit_resync() {
    api::ToDataplane message;
    api::ResyncCommit& commit = *message.mutable_resync_commit();
    commit.set_generation(resync_generation_);
    commit.set_object_count(resync_count_);
    commit.set_digest(resync_digest_.value());
    stage_ = Stage::commit_reply;
    resync_keys_ = {};
    return message.SerializeAsString();
}

std::optional<std::string> LinkSession::difference() {
    if ((changed_.empty() && removed_.empty()) || in_flight_.size() >= kMaxBatchesInFlight)
        return std::nullopt;
    // Removes go first and alone: an SSRC or address that they set free may be put right behind.
    api::ToDataplane message;
    Batch batch;
    api::Batch& differences = *message.mutable_batch();
    if (!removed_.empty())
        gather_removes(differences, batch);
    else
        gather_puts(differences, batch);
    batch.generation = next_generation();
    differences.set_generation(batch.generation);
    for (const ObjectKey key : batch.keys) {
        changed_.erase(key);
        removed_.erase(key);
        sent_[key] = batch.generation;
    }
    in_flight_.push_back(std::move(batch));
    return message.SerializeAsString();
}

void LinkSession::gather_removes(api::Batch& message, Batch& batch) {
    std::size_t bytes = kBatchFramingBytes;
    for (auto it = removed_.rbegin(); it != removed_.rend(); ++it) {  // legs before tracks
        const api::ObjectRef ref = object_ref(*it);
        bytes += framed(ref);
        if (bytes > api::kMaxMessageBytes) return;
        *message.add_remove() = ref;
        batch.keys.push_back(*it);
    }
}

void LinkSession::gather_puts(api::Batch& message, Batch& batch) {
    std::size_t bytes = kBatchFramingBytes;
    for (const ObjectKey key : changed_) {  // all of them exist
        auto object = desired_object(directory_, key, dataplane_epoch_);
        bytes += framed(*object);
        if (bytes > api::kMaxMessageBytes) return;
        *message.add_put() = std::move(*object);
        batch.keys.push_back(key);
    }
}

bool LinkSession::receive(std::string_view bytes) {
    api::ToControl message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        last_error_ = "a message that can't be read";
        return false;
    }
    switch (message.body_case()) {
        case api::ToControl::kHello: return on_hello(message.hello());
        case api::ToControl::kApplied: on_applied(message.applied()); return true;
        case api::ToControl::kEvent: on_event(message.event()); return true;
        case api::ToControl::kStatus: return true;
        case api::ToControl::kRefused:
            last_error_ = message.refused().code() + ": " + message.refused().message();
            return false;
        default: return true;  // of a newer data plane
    }
}

bool LinkSession::on_hello(const api::HelloReply& reply) {
    if (stage_ != Stage::hello_reply || reply.workers_size() > kMaxWorkerAddresses) {
        last_error_ = "a hello out of turn";
        return false;
    }
    if (reply.version() != api::kProtocolVersion) {
        last_error_ = "the data plane speaks version " + std::to_string(reply.version()) +
                      " of the protocol, control version " + std::to_string(api::kProtocolVersion);
        return false;
    }
    dataplane_epoch_ = reply.dataplane_epoch();
    generation_ = std::max(generation_, reply.generation());
    statistics_segment_ = reply.statistics_segment();
    observation_segment_ = reply.observation_segment();
    workers_.clear();
    for (const api::WorkerInfo& w : reply.workers()) workers_.push_back(address_of(w));
    stage_ = Stage::begin;
    hooks_.workers(workers_);
    hooks_.progress();
    return true;
}

void LinkSession::settle(ObjectKey key, std::uint64_t generation) {
    const auto it = sent_.find(key);
    if (it == sent_.end() || it->second != generation) return;  // a newer one is under way
    sent_.erase(it);
    refused_.erase(key);
}

void LinkSession::take_errors(const api::Applied& applied) {
    for (const api::ObjectError& error : applied.errors()) {
        const auto key = object_key(error.object());
        if (key && object_exists(directory_, *key))
            refused_[*key] = {error.code(), error.message()};
    }
}

void LinkSession::on_applied(const api::Applied& applied) {
    if (stage_ == Stage::commit_reply && applied.generation() == resync_generation_) {
        refused_.clear();
        ++resyncs_;
        last_error_.clear();
        stage_ = Stage::synchronised;
    }
    while (!in_flight_.empty() && in_flight_.front().generation <= applied.generation()) {
        for (const ObjectKey key : in_flight_.front().keys)
            settle(key, in_flight_.front().generation);
        in_flight_.pop_front();
    }
    take_errors(applied);
    generation_applied_ = applied.generation();
    hooks_.progress();
}

void LinkSession::on_event(const api::Event& event) {
    const auto told = [this](const auto& learned, const auto& hook) {
        const auto remote = endpoint_of(learned.address(), learned.port());
        if (remote) hook(ParticipantId{learned.transport()}, Learned{*remote, dataplane_epoch_});
    };
    if (event.has_latched()) {
        told(event.latched(), hooks_.latched);
    } else if (event.has_nominated()) {
        const bool tcp = event.nominated().tcp();
        told(event.nominated(), [&](ParticipantId id, const Learned<Endpoint>& remote) {
            hooks_.nominated(id, remote, tcp);
        });
    } else if (event.has_consent_lost()) {
        hooks_.consent_lost({event.consent_lost().transport()});
    } else if (event.has_ssrc_learned()) {
        const api::SsrcLearned& learned = event.ssrc_learned();
        if (learned.ssrc() == 0) return;
        hooks_.ssrc_learned({learned.track()}, learned.encoding(), learned.rtx(),
                            {learned.ssrc(), dataplane_epoch_});
    }
}

void LinkSession::mark(ObjectKey key, std::uint64_t revision) {
    revision_ = std::max(revision_, revision);
    if (object_exists(directory_, key)) {
        changed_.insert(key);
        return;
    }
    changed_.erase(key);
    removed_.insert(key);  // for good: identifiers aren't used again
    refused_.erase(key);
}

bool LinkSession::unsaid(ObjectKey key) const {
    return changed_.contains(key) || removed_.contains(key);
}

ObjectState LinkSession::state(ObjectKey key) const {
    if (stage_ != Stage::synchronised || unsaid(key) || sent_.contains(key))
        return ObjectState::pending;
    return refused_.contains(key) ? ObjectState::refused : ObjectState::applied;
}

const Refusal* LinkSession::refusal(ObjectKey key) const {
    const auto it = refused_.find(key);
    return state(key) == ObjectState::refused ? &it->second : nullptr;
}

LinkState LinkSession::link_state() const {
    switch (stage_) {
        case Stage::absent: return LinkState::absent;
        case Stage::disconnected:
        case Stage::hello:
        case Stage::hello_reply: return LinkState::connecting;
        case Stage::begin:
        case Stage::batches:
        case Stage::commit_reply: return LinkState::synchronising;
        case Stage::synchronised: return LinkState::synchronised;
    }
    return LinkState::absent;
}

std::size_t LinkSession::pending_count() const {
    if (stage_ != Stage::synchronised)
        return directory_.participants().size() + directory_.tracks().size() +
               directory_.subscriptions().size();
    std::size_t count = changed_.size() + removed_.size();
    for (const auto& [key, generation] : sent_) count += unsaid(key) ? 0 : 1;
    return count;
}

bool LinkSession::answer_due() const {
    return stage_ == Stage::hello_reply || stage_ == Stage::commit_reply || !in_flight_.empty();
}

}  // namespace strata::control
