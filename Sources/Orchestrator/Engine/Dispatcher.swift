import Execution
import WorkflowCore

/// Performs commands, in their order. Answers come back through the inbox as events; nothing is decided here.
actor Dispatcher {
  /// How long to wait before asking an executor again that could not do something now.
  private static let patience: Int64 = 1000

  private let executor: any AttemptExecutor
  private let inbox: Inbox
  private let time: any TimeSource
  private var timers: [Task<Void, Never>] = []

  init(_ executor: any AttemptExecutor, _ inbox: Inbox, _ time: any TimeSource) {
    self.executor = executor
    self.inbox = inbox
    self.time = time
  }

  /// Turns what the executor notices into events, for as long as it notices anything.
  nonisolated func listen() async {
    for await observation in executor.observations {
      switch observation {
      case .delayed(let attempt, let reason): inbox.post(attempt.run, .attemptDelayed(attempt, reason: reason))
      case .started(let attempt): inbox.post(attempt.run, .attemptStarted(attempt))
      case .progressed(let attempt, let progress): inbox.post(attempt.run, .attemptProgressed(attempt, progress))
      case .ended(let attempt, let outcome): inbox.post(attempt.run, .attemptEnded(attempt, outcome))
      }
    }
  }

  func perform(_ command: Command, of run: String) async {
    do throws(ExecutionError) {
      switch command {
      case .launch(let launch): try await executor.ensureLaunched(launch)
      case .terminate(let attempt): try await executor.terminate(attempt)
      case .release(let attempt): try await executor.release(attempt)
      case .wake(let node, let instant): later(at: instant) { $0.inbox.post(run, .retryDue(node)) }
      }
    } catch {
      failed(command, of: run, error)
    }
  }

  private func failed(_ command: Command, of run: String, _ error: ExecutionError) {
    switch (command, error) {
    case (.launch(let launch), .refused(let reason)):
      inbox.post(run, .attemptEnded(launch.attempt, Outcome(.error(reason))))
    case (.launch(let launch), .unavailable(let reason)):
      inbox.post(run, .attemptDelayed(launch.attempt, reason: reason))
      askAgain(command, of: run)
    case (_, .unavailable): askAgain(command, of: run)
    case (_, .refused): break
    }
  }

  private func askAgain(_ command: Command, of run: String) {
    let instant = time.now.advanced(byMilliseconds: Self.patience)
    later(at: instant) { await $0.perform(command, of: run) }
  }

  private func later(at instant: Timestamp, _ action: @escaping @Sendable (Dispatcher) async -> Void) {
    timers.append(
      Task {
        guard (try? await time.sleep(until: instant)) != nil else { return }
        await action(self)
      })
  }

  func stop() { timers.forEach { $0.cancel() } }
}
