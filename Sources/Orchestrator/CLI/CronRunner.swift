import Foundation
import StateFile
import WorkflowCore
import WorkflowEngine
import WorkflowSpec

/// Begins the runs of kept cron workflows when they are due, for as long as an engine stays.
///
/// What was begun last is kept with the object before the run is; so after a crash a run may be missing, and never twice.
final class CronRunner: Sendable {
  private let file: StateFile
  private let configuration: Configuration
  private let directory: String
  /// Times before this are missed ones.
  private let start: Timestamp

  init(_ file: StateFile, _ configuration: Configuration) {
    self.file = file
    self.configuration = configuration
    directory = FileManager.default.currentDirectoryPath
    start = SystemTime().now
  }

  /// Sleeps until something is due or an object has changed, until the task is cancelled.
  func run() async {
    guard let calls = try? file.calls() else { return }
    let (news, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let listening = Task { for await _ in calls.news { continuation.yield() } }
    defer { listening.cancel() }
    var timer: Task<Void, any Error>?
    continuation.yield()
    for await _ in news {
      timer?.cancel()
      guard !Task.isCancelled, let next = look() else { continue }
      timer = Task {
        try await SystemTime().sleep(until: next)
        continuation.yield()
      }
    }
    timer?.cancel()
  }

  /// Begins what is due. Returns when to look again; nil when only a change can bring something.
  private func look() -> Timestamp? {
    let now = SystemTime().now
    let crons = ((try? file.objects(kind: "CronWorkflow")) ?? []).map(CronDefinition.init).filter { !$0.isSuspended }
    for cron in crons {
      guard let due = due(cron, at: now) else { continue }
      do {
        try begin(cron, due, at: now)
      } catch {
        printError("warning: cron workflow '\(cron.object.name)': \(error)")
      }
      do {
        try keepHistory(of: cron, at: now)
      } catch {
        printError("warning: cron workflow '\(cron.object.name)': \(error)")
      }
    }
    return crons.compactMap { $0.next(after: now) }.min()
  }

  /// The latest time that has come since the last one; one missed before this engine came counts only within its deadline.
  private func due(_ cron: CronDefinition, at now: Timestamp) -> Timestamp? {
    var instant = max(cron.lastScheduled ?? start, start)
    var latest = cron.lastScheduled.map { $0 < start } ?? false ? cron.missed(at: min(start, now)) : nil
    while let next = cron.next(after: instant), next <= now, next > instant { (latest, instant) = (next, next) }
    return latest
  }

  private func begin(_ cron: CronDefinition, _ due: Timestamp, at now: Timestamp) throws {
    try file.setStatus(.record(["lastScheduledMilliseconds": .int(due.milliseconds)]), of: cron.object)
    let active = try runs(of: cron).filter { !$0.phase.isFinished }
    switch cron.concurrencyPolicy {
    case .forbid where !active.isEmpty: return
    case .replace:
      for run in active { _ = try file.add(.shutDown(.terminate), to: run.uid, at: now) }
    case .allow, .forbid: break
    }
    try file.insert(try makeRun(cron, due, at: now))
  }

  /// A run named after the second it was due.
  private func makeRun(_ cron: CronDefinition, _ due: Timestamp, at now: Timestamp) throws -> RunState {
    var reader = WorkflowReader(for: .run, isNamed: true)
    reader.library = try file.library(namespace: cron.object.namespace)
    reader.defaults = configuration.workflowDefaults
    let read = reader.read(cron.object.workflow, name: cron.object.name)
    guard let workflow = read.workflows.first else { throw EngineError.unreadableRun(cron.object.name, read.report) }
    let parameters = workflow.spec.arguments.map { parameter in
      let text =
        parameter.value?.source ?? workflow.configMapValue(of: parameter) ?? parameter.defaultValue?.source ?? ""
      return ParameterValue(name: parameter.name.value, value: text)
    }
    return RunState(
      uid: UUID().uuidString.lowercased(), name: "\(cron.object.name)-\(due.milliseconds / 1000)",
      namespace: cron.object.namespace, workflow: workflow, parameters: parameters, createdAt: now,
      directory: directory)
  }

  /// Runs that a schedule began: named after it and a second.
  private func runs(of cron: CronDefinition) throws -> [RunSummary] {
    let prefix = cron.object.name + "-"
    return try file.summaries().filter { run in
      run.namespace == cron.object.namespace && run.name.hasPrefix(prefix)
        && run.name.dropFirst(prefix.count).allSatisfy(\.isNumber)
    }
  }

  private func keepHistory(of cron: CronDefinition, at now: Timestamp) throws {
    let ended = try runs(of: cron).filter(\.phase.isFinished)
    let (good, bad) = (ended.filter { $0.phase == .succeeded }, ended.filter { $0.phase != .succeeded })
    let surplus =
      good.dropFirst(Int(cron.successfulJobsHistoryLimit)) + bad.dropFirst(Int(cron.failedJobsHistoryLimit))
    for run in surplus { _ = try file.add(.delete, to: run.uid, at: now) }
  }
}
