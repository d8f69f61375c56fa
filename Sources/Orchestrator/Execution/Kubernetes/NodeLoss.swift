import Foundation
import WorkflowCore

// A pod on a node that is gone: it was told to end, and nobody is there to say that it has.

extension KubernetesExecutor {
  private static let pause = Duration.seconds(15)
  /// Milliseconds after a confirmed deletion in which the end of the containers may still be told.
  private static let afterwards: Int64 = 30_000

  /// Looks now and then at a pod that is to end, until it has, or its node is known to be gone.
  func lookAfter(_ attempt: AttemptID) {
    guard overdue.insert(attempt).inserted else { return }
    Task { [weak self] in
      repeat { try await Task.sleep(for: Self.pause) } while await self?.isStillOverdue(attempt) ?? false
      await self?.lookedAfter(attempt)
    }
  }

  /// The attempt may get another pod, which may be overdue in its turn.
  private func lookedAfter(_ attempt: AttemptID) { overdue.remove(attempt) }

  private func isStillOverdue(_ attempt: AttemptID) async -> Bool {
    guard let work = works[attempt], !work.isClosing, let uid = work.record.uid,
      let pod = try? await client.get(.pods, work.record.name, in: work.record.namespace),
      pod[["metadata", "uid"]]?.stringValue == uid, let node = pod[["spec", "nodeName"]]?.stringValue
    else { return works[attempt].map { !$0.isClosing } ?? false }
    take(pod)
    if isForgotten(pod) {
      close(attempt, pod, .evicted("its pod was deleted while it ran"))
    } else if await isLost(pod, node) {
      close(attempt, pod, .evicted("NodeLost: node '\(node)' does not answer"))
    }
    return works[attempt].map { !$0.isClosing } ?? false
  }

  private func isForgotten(_ pod: Value) -> Bool {
    guard PodStanding.isConfirmedGone(pod), let due = MainEnding.time(pod[["metadata", "deletionTimestamp"]]) else {
      return false
    }
    return Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).milliseconds(since: due)
      > Self.afterwards
  }

  /// Whether the time in which a pod was to end is over, and its node is gone, or has been silent for long.
  private func isLost(_ pod: Value, _ node: String) async -> Bool {
    guard let due = MainEnding.time(pod[["metadata", "deletionTimestamp"]]) else { return false }
    let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    let patience = Int64(settings.nodePatience / .milliseconds(1))
    guard now > due else { return false }
    do throws(KubernetesError) {
      let object = try await client.get(.nodes, node, in: "")
      let ready = object[["status", "conditions"]]?.arrayValue?.first { $0["type"]?.stringValue == "Ready" }
      guard ready?["status"]?.stringValue != "True" else { return false }
      return now.milliseconds(since: MainEnding.time(ready?["lastTransitionTime"]) ?? due) > patience
    } catch {
      if case .notFound = error { return true }
      // Without the right to see nodes time decides.
      if case .forbidden = error { return now.milliseconds(since: due) > patience }
      return false
    }
  }
}
