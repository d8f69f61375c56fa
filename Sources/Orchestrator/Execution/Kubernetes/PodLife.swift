import Execution
import Foundation
import WorkflowCore

// The life of a pod, from asking for it to its outcome.

extension KubernetesExecutor {
  // MARK: Creating

  /// Asks for the attempt's pod until it is there, or can never be.
  func create(_ attempt: AttemptID) async {
    var backoff = Backoff(first: .milliseconds(500), longest: .seconds(10))
    while let work = works[attempt], work.record.uid == nil {
      guard !work.isEnding else { return finish(attempt, Outcome(.error("ended before it started"))) }
      await enter()
      let result = await request(work)
      await leave()
      switch result {
      case .success(let pod): return adopt(attempt, pod)
      case .failure(.refused(let reason)): return finish(attempt, Outcome(.error(reason)))
      case .failure(.unavailable(let reason)):
        delayed(attempt, reason)
        try? await Task.sleep(for: backoff.wait())
      }
    }
  }

  private func request(_ work: Work) async -> Result<Value, ExecutionError> {
    do throws(KubernetesError) {
      try await prepare(work.launch, in: work.record.namespace)
      return .success(try await client.create(.pods, work.record.manifest, in: work.record.namespace))
    } catch {
      if case .alreadyExists = error { return await existing(work.record) }
      return .failure(error.isPassing ? .unavailable(error.message) : .refused(error.message))
    }
  }

  /// The pod that has the name already: ours, when it was made from the same launch.
  private func existing(_ record: PodRecord) async -> Result<Value, ExecutionError> {
    do throws(KubernetesError) {
      let pod = try await client.get(.pods, record.name, in: record.namespace)
      let wanted = record.manifest[["metadata", "labels", PodMarks.run]]
      guard pod[["metadata", "labels", PodMarks.run]] == wanted else {
        return .failure(
          .refused("a pod '\(record.name)' is there already and is not this run's: delete it, or rename the run"))
      }
      guard pod[["metadata", "annotations", PodMarks.launch]] == record.digest else {
        return .failure(.refused("the pod '\(record.name)' was made from another launch of this step: delete it first"))
      }
      // Let go of already: it only has not gone yet.
      let finalizers = pod[["metadata", "finalizers"]]?.arrayValue ?? []
      guard finalizers.contains(.string(PodMarks.finalizer)) else {
        return .failure(.unavailable("waits for the former pod '\(record.name)' to go"))
      }
      return .success(pod)
    } catch {
      // It went meanwhile, or cannot be seen now: asking for it again tells.
      return .failure(.unavailable(error.message))
    }
  }

  private func adopt(_ attempt: AttemptID, _ pod: Value) {
    guard let work = works[attempt] else { return }
    var record = work.record
    record.uid = pod[["metadata", "uid"]]?.stringValue ?? ""
    works[attempt]?.record = record
    // Unwritten it is found again by its name.
    try? folder(of: attempt).write(record)
    if work.isEnding { Task { await delete(attempt) } }
    take(pod)
  }

  // MARK: Looking

  /// Asks for the truth about a pod that is known to have been there.
  ///
  /// - Parameter last: the object as it was seen last.
  func look(at attempt: AttemptID, last: Value? = nil) async {
    var backoff = Backoff(first: .milliseconds(500), longest: .seconds(15))
    while let work = works[attempt], !work.isClosing, let uid = work.record.uid {
      do throws(KubernetesError) {
        let pod = try await client.get(.pods, work.record.name, in: work.record.namespace)
        guard pod[["metadata", "uid"]]?.stringValue == uid else { return gone(attempt, last) }
        return take(pod)
      } catch {
        if case .notFound = error { return gone(attempt, last) }
        try? await Task.sleep(for: backoff.wait(asked: error.retryAfter))
      }
    }
  }

  /// The object is gone although nobody was to remove it before its outcome was recorded.
  private func gone(_ attempt: AttemptID, _ last: Value?) {
    guard let work = works[attempt], !work.isClosing else { return }
    if let last, last[["metadata", "uid"]]?.stringValue == work.record.uid,
      case .ended(let ending) = PodStanding(of: last)
    {
      return close(attempt, last, ending)
    }
    close(attempt, last ?? .null, .deleted("its pod was removed before it ended"))
  }

  // MARK: Ending

  func delete(_ attempt: AttemptID) async {
    var backoff = Backoff()
    while let work = works[attempt], let uid = work.record.uid {
      do throws(KubernetesError) {
        return try await client.delete(.pods, work.record.name, in: work.record.namespace, uid: uid)
      } catch {
        guard error.isPassing else { return await look(at: attempt) }
        if case .conflict = error { return await look(at: attempt) }
        try? await Task.sleep(for: backoff.wait(asked: error.retryAfter))
      }
    }
  }

  func follow(_ attempt: AttemptID) {
    guard let work = works[attempt], work.log == nil else { return }
    let log = PodLog(client, work.record, folder(of: attempt)) { [continuation] progress in
      continuation.yield(.progressed(attempt, progress))
    }
    works[attempt]?.log = log
    works[attempt]?.reading = Task { await log.follow() }
  }

  /// Works out what an ended attempt came to.
  func close(_ attempt: AttemptID, _ pod: Value, _ ending: PodEnding) {
    guard let work = works[attempt], !work.isClosing else { return }
    works[attempt]?.isClosing = true
    if case .evicted(let reason) = ending, !work.isEnding, work.record.replacements < settings.replacements {
      Task { await replace(attempt, reason) }
      return
    }
    if case .main = ending { started(attempt) }
    Task { await conclude(attempt, pod, ending) }
  }

  private func conclude(_ attempt: AttemptID, _ pod: Value, _ ending: PodEnding) async {
    guard let work = works[attempt] else { return }
    let handover = await handover(attempt, ending, wasBegun: work.log != nil)
    // Sidecars have nothing left to do; a finished pod is deleted when its outcome is recorded.
    if pod[["status", "phase"]]?.stringValue == "Running" || pod[["status", "phase"]]?.stringValue == "Pending" {
      await delete(attempt)
    }
    var outcome = ending.outcome(handover, of: work.launch)
    if case .main = ending, work.launch.capturesResult || !work.launch.outputFiles.isEmpty, !handover.isComplete,
      case .exited(code: 0) = outcome.ending
    {
      outcome.ending = .lost("the step ended well, but its log was gone before its outputs were read")
    }
    finish(attempt, outcome)
  }

  /// What the helper handed over: through the log, else through the container's termination message.
  private func handover(_ attempt: AttemptID, _ ending: PodEnding, wasBegun: Bool) async -> Handover {
    let none = Handover(mark: "")
    var message = ""
    switch ending {
    case .main(let main): message = main.message
    case .deadlineExceeded, .evicted, .deleted: guard wasBegun else { return none }
    case .failed: return none
    }
    follow(attempt)
    guard let log = works[attempt]?.log, let reading = works[attempt]?.reading else { return none }
    await log.end()
    _ = await reading.value
    return await log.take(message: message)
  }

  /// Makes the pod anew that the cluster took away: that is not the step's failure, and costs none of its retries.
  private func replace(_ attempt: AttemptID, _ reason: String) async {
    guard let work = works[attempt] else { return }
    work.reading?.cancel()
    do throws(ExecutionError) {
      let next = try PodRecord(of: work.launch, helper: helper.configMap, replacements: work.record.replacements + 1)
      try replaceRecord(attempt, next)
    } catch {
      return finish(attempt, Outcome(.lost(reason)))
    }
    works[attempt]?.isClosing = false
    works[attempt]?.hasStarted = false
    works[attempt]?.log = nil
    works[attempt]?.reading = nil
    continuation.yield(.delayed(attempt, reason: "made anew after \(reason)"))
    let old = work.record
    Task { [client] in await client.removePod(old, keepsObject: false) }
    await create(attempt)
  }

  func finish(_ attempt: AttemptID, _ outcome: Outcome) {
    guard works[attempt] != nil else { return }
    // Unwritten it is worked out again from the pod, which stays until it is released.
    try? folder(of: attempt).write(outcome)
    forget(attempt)
    continuation.yield(.ended(attempt, outcome))
  }
}

extension KubernetesClient {
  /// Lets go of a pod, and removes it. Repeats itself until that is done; what is gone already is done.
  ///
  /// Returns false when the task was cancelled before.
  @discardableResult
  func removePod(_ record: PodRecord, keepsObject: Bool) async -> Bool {
    guard let uid = record.uid else { return true }
    var backoff = Backoff()
    while !Task.isCancelled {
      do throws(KubernetesError) {
        try await removeFinalizer(record.name, in: record.namespace, uid: uid)
        if !keepsObject { try await delete(.pods, record.name, in: record.namespace, uid: uid) }
        return true
      } catch {
        switch error {
        case .notFound, .forbidden, .invalid, .alreadyExists: return true
        default: try? await Task.sleep(for: backoff.wait(asked: error.retryAfter))
        }
      }
    }
    return false
  }

  /// Waits, for a while, until a pod's name is free again.
  func awaitAbsence(of record: PodRecord) async throws(ExecutionError) {
    var backoff = Backoff(longest: .seconds(2))
    for _ in 0..<40 {
      do throws(KubernetesError) {
        let pod = try await get(.pods, record.name, in: record.namespace)
        if pod[["metadata", "uid"]]?.stringValue != record.uid { return }
      } catch {
        if case .notFound = error { return }
      }
      try? await Task.sleep(for: backoff.wait())
    }
    throw .unavailable("the pod '\(record.name)' does not go")
  }

  private func removeFinalizer(_ name: String, in namespace: String, uid: String) async throws(KubernetesError) {
    let pod = try await get(.pods, name, in: namespace)
    guard pod[["metadata", "uid"]]?.stringValue == uid else { throw .notFound("another pod has the name \(name)") }
    let finalizers = pod[["metadata", "finalizers"]]?.arrayValue ?? []
    guard finalizers.contains(.string(PodMarks.finalizer)) else { return }
    let left = finalizers.filter { $0 != .string(PodMarks.finalizer) }
    // The version makes sure that nobody else's finalizer is lost.
    let metadata = Value.record([
      "resourceVersion": pod[["metadata", "resourceVersion"]], "finalizers": .array(left),
    ])
    _ = try await patch(.pods, name, in: namespace, .record(["metadata": metadata]), as: .merge)
  }

  /// A claim of a run's own (`volumeClaimTemplates`).
  func makeClaim(_ name: String, _ spec: Value, in namespace: String, run: String) async throws(KubernetesError) {
    let labels = Value.record([PodMarks.managedBy: .string(PodMarks.manager), PodMarks.run: .string(run)])
    let claim = Value.record([
      "apiVersion": "v1", "kind": "PersistentVolumeClaim",
      "metadata": .record(["name": .string(name), "labels": labels]), "spec": spec,
    ])
    do throws(KubernetesError) {
      _ = try await create(.claims, claim, in: namespace)
    } catch {
      guard case .alreadyExists = error else { throw error }
    }
  }
}
