import Foundation
import Synchronization
import WorkflowCore

@testable import KubernetesExecution

/// Calls that the executor makes.
enum Call: String, CaseIterable, Sendable {
  case createPod, getPod, listPods, watchPods, readLog, patchPod, deletePod, getConfigMap, createConfigMap
}

/// What goes wrong with one call.
enum Fault: String, CaseIterable, Sendable {
  case internalError, unavailable, tooManyRequests, gatewayTimeout, unauthorized
  case errorAfterEffect, noAnswer, noAnswerAfterEffect, truncated

  var happens: Bool { [.errorAfterEffect, .noAnswerAfterEffect, .truncated].contains(self) }
}

/// An API server with a kubelet, in memory: it does what its script says, and fails as it is told.
final class ScriptedCluster: Sendable {
  /// What becomes of a pod, step by step; each is a change of its status.
  typealias Fate = @Sendable (Value) -> [Value]

  struct Event: Sendable {
    let version: Int
    let type: String
    let object: Value
  }

  private struct State {
    var version = 100
    var pods: [String: Value] = [:]
    var logs: [String: String] = [:]
    var configMaps: Set<String> = []
    var events: [Event] = []
    var faults: [(call: Call, fault: Fault)] = []
    var calls: [Call: Int] = [:]
    var created: [String] = []
    var refusal: (status: Int, body: String)?
    var oldest = 0
    var isDown = false
    var isSilent = false
  }

  private let state = Mutex(State())
  private let changed = NSCondition()
  private let listener = Mutex<LoopbackListener?>(nil)
  private let fate: Fate
  private let port: UInt16

  init(_ fate: @escaping Fate = Fates.succeeds) throws {
    self.fate = fate
    let relay = Relay()
    let server = try LoopbackListener { relay.target?.serve($0, $1) }
    port = server.port
    listener.withLock { $0 = server }
    relay.target = self
  }

  /// Breaks the circle of server and handler: each test's cluster goes with it.
  private final class Relay: @unchecked Sendable {
    // Sendable: set once, before the first request can come.
    weak var target: ScriptedCluster?
  }

  var access: ClusterAccess { ClusterAccess(server: "http://127.0.0.1:\(port)", token: "token") }

  // MARK: What a test asks and arranges

  func fail(_ call: Call, _ fault: Fault) { state.withLock { $0.faults.append((call, fault)) } }
  func refuseCreation(_ status: Int, _ body: String) { state.withLock { $0.refusal = (status, body) } }
  func forgetVersions() { state.withLock { $0.oldest = $0.version + 1 } }
  func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
  func count(of call: Call) -> Int { state.withLock { $0.calls[call] ?? 0 } }
  var created: [String] { state.withLock { $0.created } }
  var pods: [String: Value] { state.withLock { $0.pods } }

  func put(_ pod: Value, log: String = "") {
    change { state in
      let name = pod[["metadata", "name"]]?.stringValue ?? ""
      state.logs[name] = log
      Self.store(pod, "ADDED", &state)
    }
  }

  /// Repeats an event that was, as a server may after a reconnect.
  func repeatEvents() {
    change { state in
      for event in state.events {
        state.events.append(Event(version: state.version, type: event.type, object: event.object))
      }
    }
  }

  /// Removes a pod whatever its finalizers say.
  func remove(_ name: String) {
    change { state in
      guard let pod = state.pods.removeValue(forKey: name) else { return }
      Self.note(pod, "DELETED", &state)
    }
  }

  func update(_ name: String, status: Value, deleting: Bool = false) {
    change { state in
      guard var pod = state.pods[name] else { return }
      pod = pod.setting("status", status)
      if deleting {
        pod = pod.setting("metadata", (pod["metadata"] ?? .null).setting("deletionTimestamp", "2026-01-01T00:00:00Z"))
      }
      Self.store(pod, "MODIFIED", &state)
    }
  }

  private func change(_ body: (inout State) -> Void) {
    changed.lock()
    state.withLock { body(&$0) }
    changed.broadcast()
    changed.unlock()
  }

  // MARK: Storing

  private static func store(_ pod: Value, _ type: String, _ state: inout State) {
    state.version += 1
    let metadata = (pod["metadata"] ?? .null).setting("resourceVersion", .string(String(state.version)))
    let stored = pod.setting("metadata", metadata)
    state.pods[pod[["metadata", "name"]]?.stringValue ?? ""] = stored
    state.events.append(Event(version: state.version, type: type, object: stored))
  }

  private static func note(_ pod: Value, _ type: String, _ state: inout State) {
    state.version += 1
    state.events.append(Event(version: state.version, type: type, object: pod))
  }

  // MARK: Serving

  private func serve(_ request: ServedRequest, _ reply: Reply) {
    let parts = request.path.split(separator: "/").map(String.init)  // api v1 namespaces N KIND [NAME [log]]
    guard parts.count >= 5, let call = call(request, parts), !state.withLock({ $0.isDown }) else { return }
    let fault = state.withLock { state -> Fault? in
      state.calls[call, default: 0] += 1
      guard let place = state.faults.firstIndex(where: { $0.call == call }) else { return nil }
      return state.faults.remove(at: place).fault
    }
    if let fault, !fault.happens { return misbehave(fault, "", reply) }
    if call == .watchPods { return fault == nil ? watch(request, reply) : reply.answer(500, "{}") }
    let (status, body) = perform(call, parts, request)
    guard let fault else { return reply.answer(status, body) }
    misbehave(fault, body, reply)
  }

  private func call(_ request: ServedRequest, _ parts: [String]) -> Call? {
    switch (request.method, parts[4], parts.count) {
    case ("POST", "pods", 5): .createPod
    case ("GET", "pods", 5): request.query["watch"] == "true" ? .watchPods : .listPods
    case ("GET", "pods", 6): .getPod
    case ("GET", "pods", 7): .readLog
    case ("PATCH", "pods", 6): .patchPod
    case ("DELETE", "pods", 6): .deletePod
    case ("GET", "configmaps", 6): .getConfigMap
    case ("POST", "configmaps", 5): .createConfigMap
    default: nil
    }
  }

  private func misbehave(_ fault: Fault, _ body: String, _ reply: Reply) {
    switch fault {
    case .internalError, .errorAfterEffect: reply.answer(500, #"{"kind":"Status","message":"etcd is slow"}"#)
    case .unavailable: reply.answer(503, "no server is up")
    case .tooManyRequests: reply.answer(429, "slower", headers: ["Retry-After": "0"])
    case .gatewayTimeout: reply.answer(504, "")
    case .unauthorized: reply.answer(401, #"{"kind":"Status","message":"Unauthorized"}"#)
    case .noAnswer, .noAnswerAfterEffect: break
    case .truncated: reply.answer(200, body, cutTo: body.count / 2)
    }
  }

  private func perform(_ call: Call, _ parts: [String], _ request: ServedRequest) -> (Int, String) {
    let name = parts.count > 5 ? parts[5] : ""
    switch call {
    case .createPod: return create((try? Value(json: String(decoding: request.body, as: UTF8.self))) ?? .null)
    case .getPod: return state.withLock { $0.pods[name].map { (200, $0.jsonText()) } ?? Self.missing }
    case .listPods: return list()
    case .readLog: return state.withLock { $0.logs[name].map { (200, $0) } ?? Self.missing }
    case .patchPod: return patch(name)
    case .deletePod: return delete(name)
    case .getConfigMap: return state.withLock { $0.configMaps.contains(name) ? (200, "{}") : Self.missing }
    case .createConfigMap:
      let object = (try? Value(json: String(decoding: request.body, as: UTF8.self))) ?? .null
      let isNew = state.withLock { $0.configMaps.insert(object[["metadata", "name"]]?.stringValue ?? "").inserted }
      return isNew ? (201, "{}") : Self.exists
    case .watchPods: return Self.missing
    }
  }

  private static let missing = (404, #"{"kind":"Status","reason":"NotFound","message":"not found"}"#)
  private static let exists = (409, #"{"kind":"Status","reason":"AlreadyExists","message":"already exists"}"#)

  private func list() -> (Int, String) {
    state.withLock { state in
      let pods = state.pods.keys.sorted().compactMap { state.pods[$0] }
      let metadata = Value.record(["resourceVersion": .string(String(state.version))])
      return (200, Value.record(["metadata": metadata, "items": .array(pods)]).jsonText())
    }
  }

  private func create(_ manifest: Value) -> (Int, String) {
    let name = manifest[["metadata", "name"]]?.stringValue ?? ""
    if let refusal = state.withLock({ $0.refusal }) { return refusal }
    guard state.withLock({ $0.pods[name] == nil }) else { return Self.exists }
    let metadata = (manifest["metadata"] ?? .null).setting("uid", .string(UUID().uuidString))
    var pod = manifest.setting("metadata", metadata)
    state.withLock { $0.created.append(name) }
    put(pod.setting("status", .record(["phase": "Pending"])), log: Fates.log(of: pod))
    for status in fate(pod) {
      pod = pod.setting("status", status)
      change { Self.store(pod, "MODIFIED", &$0) }
    }
    return (201, pod.jsonText())
  }

  /// The one patch that is made: our finalizer goes.
  private func patch(_ name: String) -> (Int, String) {
    guard let pod = state.withLock({ $0.pods[name] }) else { return Self.missing }
    let free = pod.setting("metadata", (pod["metadata"] ?? .null).setting("finalizers", .array([])))
    change { Self.store(free, "MODIFIED", &$0) }
    if free[["metadata", "deletionTimestamp"]] != nil { remove(name) }
    return (200, free.jsonText())
  }

  private func delete(_ name: String) -> (Int, String) {
    guard let pod = state.withLock({ $0.pods[name] }) else { return Self.missing }
    if pod[["metadata", "finalizers"]]?.arrayValue?.isEmpty ?? true {
      remove(name)
    } else {
      update(name, status: Fates.killed(pod), deleting: true)
    }
    return (200, "{}")
  }

  private func watch(_ request: ServedRequest, _ reply: Reply) {
    var seen = Int(request.query["resourceVersion"] ?? "") ?? 0
    if seen < state.withLock({ $0.oldest }) {
      reply.beginStream()
      reply.send(#"{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}"# + "\n")
      return
    }
    reply.beginStream()
    var position = state.withLock { state in state.events.firstIndex { $0.version > seen } ?? state.events.count }
    while !reply.isClosed, !state.withLock({ $0.isDown }) {
      changed.lock()
      if state.withLock({ position >= $0.events.count }) { _ = changed.wait(until: Date(timeIntervalSinceNow: 0.2)) }
      changed.unlock()
      let news = state.withLock { Array($0.events[min(position, $0.events.count)...]) }
      position += news.count
      for event in news {
        seen = event.version
        let line = Value.record(["type": .string(event.type), "object": event.object]).jsonText()
        guard reply.send(line + "\n") else { return }
      }
    }
  }
}

extension Value {
  func setting(_ key: String, _ value: Value) -> Value {
    var members = objectValue ?? [:]
    members[key] = value
    return .object(members)
  }
}
