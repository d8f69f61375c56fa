import Execution
import StateFile
import WorkflowCore

// What operators ask for from other processes: they write a row and ring; the engine answers in a turn.

/// How one turn answers requests.
struct Answers {
  var records: [RequestRecord] = []
  var replaced: [RunState] = []
  var deleted: [String] = []
}

extension Engine {
  /// Takes up what was written to the state file since: new runs, and requests.
  func answerCalls(_ runs: inout ActiveRuns, only: String?) async throws {
    for uid in try state.newRuns(except: runs.known) where only == nil { await take(uid, into: &runs) }
    let requests = try state.openRequests().filter { only == nil || $0.run == only }
    if !requests.isEmpty { try await takeTurn([], &runs, answering: requests) }
  }

  func answer(
    _ requests: [StoredRequest], _ runs: inout ActiveRuns, _ turn: inout TurnChanges, at now: Timestamp
  ) async throws -> Answers {
    var answers = Answers()
    for request in requests {
      let refusal: String?
      switch request.request {
      case nil: refusal = "this version of orchestrate does not know the request"
      case .shutDown(let strategy):
        refusal = apply(.shutdownRequested(strategy), to: request.run, &runs, &turn, at: now)
      case .suspend: refusal = apply(.suspendRequested, to: request.run, &runs, &turn, at: now)
      case .resume(let selector): refusal = apply(.resumeRequested(selector), to: request.run, &runs, &turn, at: now)
      case .setNodes(let selector, let change):
        refusal = apply(.nodeSet(selector, change), to: request.run, &runs, &turn, at: now)
      case .retry(let retry): refusal = try await self.retry(retry, request.run, &runs, &turn, &answers, at: now)
      case .delete: refusal = try await delete(request.run, runs, &answers)
      }
      answers.records.append(RequestRecord(sequence: request.sequence, refusal: refusal))
    }
    return answers
  }

  private func apply(
    _ event: Event, to uid: String, _ runs: inout ActiveRuns, _ turn: inout TurnChanges, at now: Timestamp
  ) -> String? {
    guard let transition = runs.apply(Inbound(run: uid, event: event), at: now) else { return "the run has finished" }
    turn.add(transition, of: uid)
    return transition.note
  }

  private func retry(
    _ retry: ManualRetry, _ uid: String, _ runs: inout ActiveRuns, _ turn: inout TurnChanges,
    _ answers: inout Answers, at now: Timestamp
  ) async throws -> String? {
    guard runs[uid] == nil else { return "the run has not ended: only a run that has can be retried" }
    guard let stored = try state.run(uid: uid) else { return "there is no such run" }
    do throws(RetryRefusal) {
      let retried = try revived(orRefuse: stored).retried(retry, at: now)
      if let refusal = await setAside(retried.dropped) { return refusal }
      runs.add(retried.run)
      turn.add(retried.run, commands: retried.commands)
      answers.replaced.append(retried.run)
      return nil
    } catch {
      return error.description
    }
  }

  private func revived(orRefuse stored: StoredRun) throws(RetryRefusal) -> RunState {
    do throws(EngineError) {
      return try revived(stored)
    } catch {
      throw RetryRefusal(error.description)
    }
  }

  /// Before the commit: should this engine die in between, the request is still open, and the next one finds less to move.
  private func setAside(_ attempts: [AttemptID]) async -> String? {
    do throws(ExecutionError) {
      for attempt in attempts { try await executor.setAside(attempt) }
      return nil
    } catch {
      return error.message
    }
  }

  private func delete(_ uid: String, _ runs: ActiveRuns, _ answers: inout Answers) async throws -> String? {
    guard runs[uid] == nil else { return "the run has not ended: terminate it first" }
    do throws(ExecutionError) {
      try await executor.removeAll(ofRun: uid)
    } catch {
      return error.message
    }
    answers.deleted.append(uid)
    return nil
  }
}
