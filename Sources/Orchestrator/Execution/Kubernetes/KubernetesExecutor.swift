import Execution
import Foundation
import WorkflowCore

/// Runs attempts as pods.
///
/// One watch a namespace tells where pods stand; whatever an object does not say itself, such as why it is gone, is asked
/// for before anything is decided. A pod's name follows from its attempt, and what is asked for is on disk before it is
/// asked: an answer that is lost leads to the pod that is there, never to a second one.
public actor KubernetesExecutor: AttemptExecutor {
  /// What is under way of an attempt.
  struct Work {
    var launch: Launch
    var record: PodRecord
    var log: PodLog?
    var reading: Task<Handover, Never>?
    var hasStarted = false
    var isEnding = false
    /// Its end was seen, and is being worked out.
    var isClosing = false
    var reason: String?
  }

  struct PodKey: Hashable {
    let namespace: String
    let name: String
  }

  public nonisolated let observations: AsyncStream<Observation>
  let continuation: AsyncStream<Observation>.Continuation
  let client: KubernetesClient
  let settings: KubernetesSettings
  let helper: PodHelper
  var works: [AttemptID: Work] = [:]
  var attempts: [PodKey: AttemptID] = [:]
  /// Attempts of resource templates, which have no pod.
  var resources: [AttemptID: Task<Void, Never>] = [:]
  /// Attempts whose pods are to end, and whose nodes are looked at meanwhile.
  var overdue: Set<AttemptID> = []
  /// What the watch of each namespace has shown, by name; nil before its first list.
  private var seen: [String: [String: Value]] = [:]
  private var watches: [String: Task<Void, Never>] = [:]
  private var installed: [String: Task<Void, any Error>] = [:]
  private let creations: AsyncSemaphore
  private var releases: [PodFolder: Task<Void, Never>] = [:]

  public init(_ client: KubernetesClient, _ settings: KubernetesSettings) throws(ExecutionError) {
    (observations, continuation) = AsyncStream.makeStream()
    self.client = client
    self.settings = settings
    helper = try PodHelper(path: settings.helper)
    creations = AsyncSemaphore(settings.creationsInFlight)
  }

  deinit { watches.values.forEach { $0.cancel() } }

  /// Whether attempts of a run have pods that have not been let go of.
  public static func knows(run uid: String, under root: String) -> Bool {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(uid)")) ?? []
    return folders.contains {
      $0 == RunOwner.fileName || access("\(root)/\(uid)/\($0)/\(PodFolder.recordName)", F_OK) == 0
    }
  }

  /// Whether an attempt ran as a pod that has not been let go of, from what it left under `root`.
  public static func knows(_ attempt: AttemptID, under root: String) -> Bool {
    access("\(PodFolder(of: attempt, under: root).path)/\(PodFolder.recordName)", F_OK) == 0
  }

  func folder(of attempt: AttemptID) -> PodFolder { PodFolder(of: attempt, under: settings.root) }

  // MARK: AttemptExecutor

  public func ensureLaunched(_ launch: Launch) throws(ExecutionError) {
    let attempt = launch.attempt
    guard works[attempt] == nil, resources[attempt] == nil else { return }
    if let request = launch.resource { return try startResource(launch, request) }
    let folder = folder(of: attempt)
    if let outcome = folder.outcome() {
      continuation.yield(.ended(attempt, outcome))
      return
    }
    let record: PodRecord
    if let known = folder.record() {
      record = known
    } else {
      let nodes = FormerNodes(of: launch, under: settings.root)?.names ?? []
      record = try PodRecord(of: launch, helper: helper.configMap, avoiding: nodes)
      try folder.write(record)
    }
    add(attempt, Work(launch: launch, record: record))
    guard record.uid != nil else {
      Task { await create(attempt) }
      return
    }
    // The list that a new watch begins with tells where it stands.
    guard let pods = seen[record.namespace] else { return }
    if let pod = pods[record.name] { take(pod) } else { Task { await look(at: attempt) } }
  }

  private func add(_ attempt: AttemptID, _ work: Work) {
    works[attempt] = work
    attempts[PodKey(namespace: work.record.namespace, name: work.record.name)] = attempt
    watch(work.record.namespace)
  }

  public func inspect(_ attempt: AttemptID) async throws(ExecutionError) -> AttemptStatus {
    let folder = folder(of: attempt)
    if let outcome = folder.outcome() { return .ended(outcome) }
    if resources[attempt] != nil { return .running }
    guard let record = folder.record() else { return .unknown }
    // Until its end has been worked out it counts as running: only then is there an outcome to tell.
    guard works[attempt] == nil, record.uid != nil else { return works[attempt] == nil ? .unknown : .running }
    do throws(KubernetesError) {
      _ = try await client.get(.pods, record.name, in: record.namespace)
      return .running
    } catch {
      if case .notFound = error { return .ended(Outcome(.lost("its pod is gone"))) }
      throw .unavailable(error.message)
    }
  }

  public func terminate(_ attempt: AttemptID) {
    if let task = resources[attempt] { return task.cancel() }
    guard let work = works[attempt], !work.isEnding, !work.isClosing else { return }
    works[attempt]?.isEnding = true
    if work.record.uid != nil { Task { await delete(attempt) } }
  }

  public func release(_ attempt: AttemptID) {
    forget(attempt)
    let folder = folder(of: attempt)
    guard let record = folder.record(), releases[folder] == nil else { return }
    let keeps = record.keepsFailed && folder.outcome()?.ending != .exited(code: 0)
    releases[folder] = Task { [client] in
      if await client.removePod(record, keepsObject: keeps) { folder.tidy() }
      self.released(folder)
    }
  }

  private func released(_ folder: PodFolder) { releases[folder] = nil }

  /// Waits for pods that are being let go of.
  public func settle() async {
    let tasks = Array(releases.values)
    let patience = Task {
      try await Task.sleep(for: .seconds(20))
      // They stay on the list of their folders, for 'orchestrate delete'.
      tasks.forEach { $0.cancel() }
    }
    for task in tasks { await task.value }
    patience.cancel()
  }

  public func setAside(_ attempt: AttemptID) async throws(ExecutionError) {
    guard let record = folder(of: attempt).record(), record.uid != nil else { return folder(of: attempt).tidy() }
    release(attempt)
    await releases[folder(of: attempt)]?.value
    try await client.awaitAbsence(of: record)
  }

  public func removeAll(ofRun uid: String) async throws(ExecutionError) {
    let folder = "\(settings.root)/\(uid)"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      guard let record = PodFolder(path: "\(folder)/\(name)").record() else { continue }
      await client.removePod(record, keepsObject: false)
    }
    try await removeOwner(ofRun: uid)
  }

  // MARK: Watching

  private func watch(_ namespace: String) {
    guard watches[namespace] == nil else { return }
    let news = Watch(client: client, kind: .pods, namespace: namespace, labels: PodMarks.selector).news()
    watches[namespace] = Task { [weak self] in
      for await one in news { await self?.take(one, namespace) }
    }
  }

  private func take(_ news: WatchNews, _ namespace: String) {
    switch news {
    case .changed(let pod):
      if let name = pod[["metadata", "name"]]?.stringValue { seen[namespace]?[name] = pod }
      take(pod)
    case .removed(let pod):
      if let name = pod[["metadata", "name"]]?.stringValue { seen[namespace]?[name] = nil }
      ask(about: pod)
    case .interrupted: break
    case .listed(let pods): takeList(pods, namespace)
    }
  }

  private func takeList(_ pods: [Value], _ namespace: String) {
    let named = pods.compactMap { pod in pod[["metadata", "name"]]?.stringValue.map { ($0, pod) } }
    seen[namespace] = Dictionary(named, uniquingKeysWith: { $1 })
    pods.forEach { take($0) }
    for (attempt, work) in works where work.record.namespace == namespace && work.record.uid != nil {
      if seen[namespace]?[work.record.name] == nil { Task { await look(at: attempt) } }
    }
  }

  private func ask(about pod: Value) {
    guard let attempt = attempt(of: pod), works[attempt]?.record.uid != nil else { return }
    Task { await look(at: attempt, last: pod) }
  }

  func attempt(of pod: Value) -> AttemptID? {
    guard let name = pod[["metadata", "name"]]?.stringValue,
      let namespace = pod[["metadata", "namespace"]]?.stringValue
    else { return nil }
    return attempts[PodKey(namespace: namespace, name: name)]
  }

  /// Takes what an object of a pod says, wherever it comes from. It may come again, or late.
  func take(_ pod: Value) {
    guard let attempt = attempt(of: pod), let work = works[attempt], !work.isClosing,
      let uid = work.record.uid, pod[["metadata", "uid"]]?.stringValue == uid
    else { return }
    switch PodStanding(of: pod, isEnding: work.isEnding) {
    case .waiting(let reason): delayed(attempt, reason)
    case .stuck(let reason): close(attempt, pod, .failed(reason))
    case .running:
      started(attempt)
      follow(attempt)
      if let node = pod[["spec", "nodeName"]]?.stringValue {
        FormerNodes(of: work.launch, under: settings.root)?.add(node)
      }
      if pod[["metadata", "deletionTimestamp"]] != nil { lookAfter(attempt) }
    case .ended(let ending): close(attempt, pod, ending)
    }
  }

  func delayed(_ attempt: AttemptID, _ reason: String?) {
    guard let reason, works[attempt]?.hasStarted == false, works[attempt]?.reason != reason else { return }
    works[attempt]?.reason = reason
    continuation.yield(.delayed(attempt, reason: reason))
  }

  func started(_ attempt: AttemptID) {
    guard works[attempt]?.hasStarted == false else { return }
    works[attempt]?.hasStarted = true
    continuation.yield(.started(attempt))
  }

  func forget(_ attempt: AttemptID) {
    guard let work = works.removeValue(forKey: attempt) else { return }
    attempts[PodKey(namespace: work.record.namespace, name: work.record.name)] = nil
    work.reading?.cancel()
  }

  // MARK: Room and preparations

  func enter() async { await creations.enter() }
  func leave() async { await creations.leave() }

  /// Puts what pods of a launch need into its namespace: the helper, and the claims that the run makes for itself.
  func prepare(_ launch: Launch, in namespace: String) async throws(KubernetesError) {
    try await once("helper \(namespace)") { [client, helper] in try await helper.install(client, in: namespace) }
    for claim in claimTemplates(of: launch) {
      try await once("claim \(namespace)/\(claim.name)") { [client] in
        try await client.makeClaim(claim.name, claim.spec, in: namespace, run: launch.attempt.run)
      }
    }
  }

  private func once(_ what: String, _ body: @escaping @Sendable () async throws -> Void) async throws(KubernetesError) {
    let task = installed[what] ?? Task { try await body() }
    installed[what] = task
    do {
      try await task.value
    } catch {
      installed[what] = nil
      throw error as? KubernetesError
        ?? .unavailable("\(what): \(error)", retryAfter: nil, mayHaveHadEffect: true)
    }
  }

  func replaceRecord(_ attempt: AttemptID, _ record: PodRecord) throws(ExecutionError) {
    guard let work = works[attempt] else { return }
    try folder(of: attempt).write(record)
    attempts[PodKey(namespace: work.record.namespace, name: work.record.name)] = nil
    attempts[PodKey(namespace: record.namespace, name: record.name)] = attempt
    works[attempt]?.record = record
  }
}
