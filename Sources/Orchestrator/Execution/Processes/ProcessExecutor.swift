import CLinux
import Execution
import Foundation
import WorkflowCore

/// Runs attempts as processes of this machine, each under a supervisor that outlives the engine.
public actor ProcessExecutor: AttemptExecutor {
  public nonisolated let observations: AsyncStream<Observation>
  private let continuation: AsyncStream<Observation>.Continuation
  private let settings: ProcessSettings
  private let watcher: ProcessWatcher
  private var slots: MachineSlots
  /// Launches that wait for slots or run, so that their outputs can be read when they end.
  private var launches: [AttemptID: Launch] = [:]
  /// Launches whose volumes and artifacts are being put in place.
  private var staging: Set<AttemptID> = []

  public init(_ settings: ProcessSettings) throws(ExecutionError) {
    guard FileManager.default.isExecutableFile(atPath: settings.supervisor) else {
      throw .unavailable("the supervisor is missing: \(settings.supervisor) (build the product orchestrate-supervisor)")
    }
    (observations, continuation) = AsyncStream.makeStream()
    self.settings = settings
    watcher = try ProcessWatcher()
    slots = MachineSlots(settings.capacity)
    // Held weakly, so that an executor nobody uses any more lets go of what the machine lent it.
    Task { [weak self, news = watcher.news] in
      for await one in news { await self?.take(one) }
    }
  }

  deinit { watcher.stop() }

  private func take(_ news: ProcessWatcher.News) {
    switch news {
    case .ended(let attempt): supervisorEnded(attempt)
    case .progressed(let attempt): publishProgress(attempt)
    }
  }

  private func directory(of attempt: AttemptID) -> AttemptDirectory {
    AttemptDirectory(of: attempt, under: settings.root)
  }

  // MARK: AttemptExecutor

  public func ensureLaunched(_ launch: Launch) throws(ExecutionError) {
    let attempt = launch.attempt
    guard launches[attempt] == nil else { return }
    let claim = try slots.claim(for: launch)
    switch directory(of: attempt).state() {
    case .ended(let report): publish(attempt, launch, report)
    case .abandoned: continuation.yield(.ended(attempt, Outcome(.lost(directory(of: attempt).reasonOfLoss()))))
    case .supervised(let pid):
      launches[attempt] = launch
      slots.adopt(attempt, claim, devices: directory(of: attempt).readDevices())
      follow(attempt, pid)
      publishProgress(attempt)
    case .absent:
      launches[attempt] = launch
      slots.wait(attempt, claim)
      startAdmitted()
      if slots.waiting[attempt] != nil { continuation.yield(.delayed(attempt, reason: slots.reason(for: claim))) }
    }
  }

  public func inspect(_ attempt: AttemptID) async throws(ExecutionError) -> AttemptStatus {
    switch directory(of: attempt).state() {
    case .absent: .unknown
    case .supervised: .running
    case .ended(let report): .ended(await completed(outcome(of: attempt, launches[attempt], report), launches[attempt]))
    case .abandoned: .ended(Outcome(.lost(directory(of: attempt).reasonOfLoss())))
    }
  }

  public func terminate(_ attempt: AttemptID) throws(ExecutionError) {
    guard slots.waiting[attempt] == nil, staging.remove(attempt) == nil else {
      forget(attempt)
      continuation.yield(.ended(attempt, Outcome(.error("ended before it started"))))
      return startAdmitted()
    }
    watcher.signal(attempt, SIGTERM)
  }

  public func release(_ attempt: AttemptID) throws(ExecutionError) {
    directory(of: attempt).tidy()
  }

  public func setAside(_ attempt: AttemptID) throws(ExecutionError) {
    do {
      try directory(of: attempt).setAside()
    } catch {
      throw .unavailable("cannot move \(directory(of: attempt).path): \(error.localizedDescription)")
    }
  }

  public func removeAll(ofRun uid: String) throws(ExecutionError) {
    let folder = "\(settings.root)/\(uid)"
    guard FileManager.default.fileExists(atPath: folder) else { return }
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      throw .unavailable("cannot remove \(folder): \(error.localizedDescription)")
    }
  }

  // MARK: Starting and ending

  /// How long to wait before trying again to start what this machine could not start now.
  private static let patience = Duration.seconds(1)

  private func startAdmitted() {
    for attempt in slots.admit() {
      guard let launch = launches[attempt] else { continue }
      do throws(ExecutionError) {
        try start(launch, devices: slots.held[attempt]?.devices ?? [])
      } catch {
        notStarted(attempt, error)
      }
    }
  }

  private func notStarted(_ attempt: AttemptID, _ error: ExecutionError) {
    switch error {
    case .refused(let reason):
      forget(attempt)
      continuation.yield(.ended(attempt, Outcome(.error(reason))))
    case .unavailable(let reason):
      slots.postpone(attempt)
      continuation.yield(.delayed(attempt, reason: reason))
      Task {
        try? await Task.sleep(for: Self.patience)
        startAdmitted()
      }
    }
  }

  private func start(_ launch: Launch, devices: [Int]) throws(ExecutionError) {
    let staging = Staging(launch: launch, directory: directory(of: launch.attempt), settings: settings)
    guard staging.isNeeded else { return try start(launch, devices: devices, mounts: []) }
    self.staging.insert(launch.attempt)
    Task { staged(launch, devices: devices, await staging.mountsInBackground()) }
  }

  /// Goes on with a launch whose files are in place, unless it was ended meanwhile.
  private func staged(_ launch: Launch, devices: [Int], _ mounts: Result<[StagedMount], ExecutionError>) {
    guard staging.remove(launch.attempt) != nil else { return }
    do throws(ExecutionError) {
      try start(launch, devices: devices, mounts: try mounts.get())
    } catch {
      notStarted(launch.attempt, error)
      startAdmitted()
    }
  }

  private func start(_ launch: Launch, devices: [Int], mounts: [StagedMount]) throws(ExecutionError) {
    let directory = directory(of: launch.attempt)
    guard watcher.hasRoom else { throw .unavailable("this process has too many files open: the step starts later") }
    let records = try LaunchRecords(launch, in: directory, settings, mounts: mounts)
    let environment = try StepEnvironment(launch, in: directory, settings, devices: devices)
    do {
      try directory.prepare(records, devices: devices)
    } catch {
      throw .unavailable("cannot write \(directory.path): \(error.localizedDescription)")
    }
    follow(launch.attempt, try spawn(directory, environment.variables))
  }

  private func spawn(_ directory: AttemptDirectory, _ environment: [String: String]) throws(ExecutionError) -> pid_t {
    let arguments = [settings.supervisor, directory.path]
    let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
    let pid = withCStrings(arguments) { arguments in
      withCStrings(variables) { linux_spawn(settings.supervisor, arguments, $0, directory.supervisorLog) }
    }
    guard pid > 0 else { throw .unavailable("cannot start \(settings.supervisor): \(errorText())") }
    return pid
  }

  private func follow(_ attempt: AttemptID, _ pid: pid_t) {
    continuation.yield(.started(attempt))
    watcher.watch(attempt, pid: pid, directory: directory(of: attempt).path)
  }

  private func supervisorEnded(_ attempt: AttemptID) {
    guard let launch = launches[attempt] else { return }
    publishProgress(attempt)
    switch directory(of: attempt).state() {
    case .ended(let report): publish(attempt, launch, report)
    case .supervised(let pid):
      // Ours left because an earlier engine's supervisor has the claim: follow that one.
      return watcher.watch(attempt, pid: pid, directory: directory(of: attempt).path)
    case .abandoned: continuation.yield(.ended(attempt, Outcome(.lost("its supervisor was killed"))))
    case .absent:
      continuation.yield(.ended(attempt, Outcome(.error("the supervisor could not start; see supervisor.log"))))
    }
    forget(attempt)
    startAdmitted()
  }

  private func publishProgress(_ attempt: AttemptID) {
    if let progress = directory(of: attempt).readProgress() { continuation.yield(.progressed(attempt, progress)) }
  }

  private func publish(_ attempt: AttemptID, _ launch: Launch, _ report: SupervisorReport) {
    let outcome = outcome(of: attempt, launch, report)
    guard !launch.outputArtifacts.isEmpty else { return _ = continuation.yield(.ended(attempt, outcome)) }
    Task { continuation.yield(.ended(attempt, await completed(outcome, launch))) }
  }

  /// The outcome with the artifacts that the step left, once they are kept.
  private nonisolated func completed(_ outcome: Outcome, _ launch: Launch?) async -> Outcome {
    guard let launch else { return outcome }
    let directory = AttemptDirectory(of: launch.attempt, under: settings.root)
    return await ArtifactCollection(launch: launch, directory: directory, repository: settings.repository)
      .completing(outcome)
  }

  private func outcome(of attempt: AttemptID, _ launch: Launch?, _ report: SupervisorReport) -> Outcome {
    let directory = directory(of: attempt)
    return Outcome(
      report.outcomeEnding, parameters: directory.readOutputs(launch?.outputFiles ?? []),
      result: launch?.capturesResult ?? false ? directory.readResult() : nil,
      startedAt: Timestamp(milliseconds: report.startedMilliseconds),
      finishedAt: Timestamp(milliseconds: report.finishedMilliseconds))
  }

  private func forget(_ attempt: AttemptID) {
    launches[attempt] = nil
    slots.free(attempt)
  }
}

/// Calls `body` with a null-ended array of C strings.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
  defer { pointers.forEach { free($0) } }
  return body(&pointers)
}
