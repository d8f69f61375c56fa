import Foundation
import WorkflowCore

/// Where a pod stands, read from its object alone.
enum PodStanding: Hashable, Sendable {
  /// Not running yet; with the reason, where one is known.
  case waiting(String?)
  /// It will not start: the image's name is wrong, say.
  case stuck(String)
  case running
  case ended(PodEnding)
}

/// How a pod came to its end.
enum PodEnding: Hashable, Sendable {
  /// Its main container ended by itself.
  case main(MainEnding)
  case deadlineExceeded
  /// The cluster took it away, whole: evicted, preempted, its node shut down. Nothing of it runs any more.
  case evicted(String)
  /// Something before the main container failed.
  case failed(String)
  /// Someone deleted it.
  case deleted(String)
}

struct MainEnding: Hashable, Sendable {
  var code: Int32
  var reason: String
  var message: String
  var startedAt: Timestamp?
  var finishedAt: Timestamp?
}

extension PodStanding {
  /// Pod reasons that mean the cluster gave it up (kubelet and scheduler, 1.20 to today).
  private static let losses: Set<String> = [
    "Evicted", "Preempting", "Preempted", "NodeLost", "NodeShutdown", "Shutdown", "Terminated", "NodeAffinity",
    "UnexpectedAdmissionError", "OutOfcpu", "OutOfmemory", "OutOfpods", "OutOfnvidia.com/gpu",
  ]

  private static let hopeless: Set<String> = ["InvalidImageName", "ErrImageNeverPull"]

  /// - Parameter isEnding: whether the deletion of the pod is ours, so that what it ends has ended as it was asked to.
  init(of pod: Value, isEnding: Bool = false) {
    let status = pod["status"] ?? .null
    let main = Self.status(of: "main", in: status["containerStatuses"])
    let reason = status["reason"]?.stringValue ?? ""
    let failed = status["phase"]?.stringValue == "Failed"
    let terminated = main?[["state", "terminated"]]
    if failed || terminated != nil, let loss = Self.loss(pod, reason) ?? Self.unstarted(pod, terminated) {
      self = .ended(.evicted(loss))
    } else if failed, reason == "DeadlineExceeded" {
      self = .ended(.deadlineExceeded)
    } else if let terminated {
      let main = MainEnding(terminated)
      let isInterrupted = !isEnding && Self.isInterrupted(pod, main)
      self = .ended(isInterrupted ? .evicted("its pod was deleted while it ran") : .main(main))
    } else if failed {
      self = .ended(.failed(Self.failure(of: status)))
    } else if pod[["metadata", "deletionTimestamp"]] != nil, pod[["spec", "nodeName"]] == nil {
      self = .ended(.deleted("the pod was deleted before it ran"))
    } else if main?[["state", "running"]] != nil {
      self = .running
    } else if Self.isConfirmedGone(pod) {
      self = .ended(.evicted("its pod was deleted as it started"))
    } else {
      self = Self.whyWaiting(status, main)
    }
  }

  /// A container that the runtime could not start, although the helper that stands before every command is there: that
  /// is the node's failure, and nothing of the step has run.
  private static func unstarted(_ pod: Value, _ terminated: Value?) -> String? {
    let reason = terminated?["reason"]?.stringValue ?? ""
    let main = pod[["spec", "containers"]]?.arrayValue?.first { $0["name"] == "main" }
    guard ["ContainerCannotRun", "StartError"].contains(reason), main?["command"] == PodBuilder.command else {
      return nil
    }
    return "\(reason): \(terminated?["message"]?.stringValue ?? "")"
  }

  private static func status(of container: String, in list: Value?) -> Value? {
    list?.arrayValue?.first { $0["name"]?.stringValue == container }
  }

  /// A pod that was disrupted says so in its reason, newer clusters also in a condition.
  private static func loss(_ pod: Value, _ reason: String) -> String? {
    let message = pod[["status", "message"]]?.stringValue ?? ""
    if losses.contains(reason) { return "\(reason): \(message)" }
    guard let target = condition("DisruptionTarget", of: pod["status"]), target["status"] == "True" else { return nil }
    let why = target["reason"]?.stringValue ?? "DisruptionTarget"
    // A deletion by hand goes through the eviction API too, and is no loss of the cluster's.
    return why == "EvictionByEvictionAPI" ? nil : "\(why): \(target["message"]?.stringValue ?? message)"
  }

  /// Whether the kubelet has confirmed a deletion: it does not always tell first how the containers ended.
  static func isConfirmedGone(_ pod: Value) -> Bool {
    pod[["metadata", "deletionTimestamp"]] != nil && pod[["metadata", "deletionGracePeriodSeconds"]]?.integer == 0
  }

  /// Whether a deletion ended the main container. Older clusters preempt and drain so, without a reason of their own.
  private static func isInterrupted(_ pod: Value, _ main: MainEnding) -> Bool {
    let metadata = pod["metadata"] ?? .null
    guard main.code != 0, main.reason != "OOMKilled", let finished = main.finishedAt,
      let due = MainEnding.time(metadata["deletionTimestamp"])
    else { return false }
    let grace = metadata["deletionGracePeriodSeconds"]?.integer ?? 0
    return finished >= due.advanced(byMilliseconds: -grace * 1000)
  }

  private static func condition(_ type: String, of status: Value?) -> Value? {
    status?["conditions"]?.arrayValue?.first { $0["type"]?.stringValue == type }
  }

  private static func failure(of status: Value) -> String {
    for container in status["initContainerStatuses"]?.arrayValue ?? [] {
      guard let ended = container[["state", "terminated"]], let code = ended["exitCode"]?.integer, code != 0 else {
        continue
      }
      let text = ended["message"]?.stringValue ?? ended["reason"]?.stringValue ?? ""
      return "init container \(container["name"]?.stringValue ?? ""): exit code \(code) \(text)"
    }
    let reason = status["reason"]?.stringValue ?? "Failed"
    return "\(reason): \(status["message"]?.stringValue ?? "the pod failed before its main container ran")"
  }

  private static func whyWaiting(_ status: Value, _ main: Value?) -> PodStanding {
    let containers =
      (status["initContainerStatuses"]?.arrayValue ?? []) + (status["containerStatuses"]?.arrayValue ?? [])
    for waiting in containers.compactMap({ $0[["state", "waiting"]] }) {
      let reason = waiting["reason"]?.stringValue ?? ""
      let text = [reason, waiting["message"]?.stringValue].compactMap { $0 }.joined(separator: ": ")
      if hopeless.contains(reason) { return .stuck(text) }
      if !["", "ContainerCreating", "PodInitializing"].contains(reason) { return .waiting(text) }
    }
    guard let scheduled = condition("PodScheduled", of: status), scheduled["status"] == "False" else {
      return .waiting(nil)
    }
    return .waiting(
      "\(scheduled["reason"]?.stringValue ?? "Unschedulable"): \(scheduled["message"]?.stringValue ?? "")")
  }
}

extension MainEnding {
  fileprivate init(_ terminated: Value) {
    code = Int32(clamping: terminated["exitCode"]?.integer ?? 255)
    reason = terminated["reason"]?.stringValue ?? ""
    message = terminated["message"]?.stringValue ?? ""
    startedAt = Self.time(terminated["startedAt"])
    finishedAt = Self.time(terminated["finishedAt"])
  }

  /// Nil for 1970, which stands for the start of a container that was never started.
  static func time(_ value: Value?) -> Timestamp? {
    guard let date = value?.stringValue.flatMap({ try? Date($0, strategy: .iso8601) }), date.timeIntervalSince1970 > 0
    else { return nil }
    return Timestamp(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
  }
}

extension PodEnding {
  /// What the attempt came to, with what the helper handed over; that is more exact where it got that far.
  func outcome(_ handover: Handover, of launch: Launch) -> Outcome {
    switch self {
    case .deadlineExceeded: return handover.outcome(.deadlineExceeded, launch)
    // It had ended by itself before it was taken away.
    case .evicted where handover.isComplete, .deleted where handover.isComplete:
      return handover.outcome(handover.ending ?? .lost(""), launch)
    case .evicted(let reason), .deleted(let reason): return handover.outcome(.lost(reason), launch)
    case .failed(let reason): return handover.outcome(.error(reason), launch)
    case .main(let main):
      var outcome = handover.outcome(main.ending(handover), launch)
      outcome.startedAt = outcome.startedAt ?? main.startedAt
      outcome.finishedAt = outcome.finishedAt ?? main.finishedAt
      return outcome
    }
  }
}

extension MainEnding {
  fileprivate func ending(_ handover: Handover) -> Outcome.Ending {
    // The helper outlives the step that the kernel killed, and tells its death: the kubelet knows why.
    if reason == "OOMKilled", code != 0 { return .outOfMemory }
    if let ending = handover.ending { return ending }
    if ["ContainerCannotRun", "StartError"].contains(reason) { return .notStarted(message) }
    return code > 128 && code < 160 ? .signaled(code - 128) : .exited(code: code)
  }
}
