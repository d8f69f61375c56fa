import Foundation

/// How attempts run as pods.
public struct KubernetesSettings: Sendable {
  /// Where attempts keep their logs and what is known of their pods.
  public var root: String
  /// The program that stands before each step's command in its pod.
  public var helper: String
  /// The most pods that are being created at once.
  public var creationsInFlight = 32
  /// How often a pod that the cluster takes away is made anew, apart from the step's own retries.
  public var replacements = 3
  /// How long a node may be silent, and a pod on it overdue, before the pod is taken for lost.
  public var nodePatience = Duration.seconds(300)

  /// - Parameter executable: the engine's program; the helper lies beside it.
  public init(root: String, executable: String) {
    self.root = root
    let folder = URL(fileURLWithPath: executable).resolvingSymlinksInPath().deletingLastPathComponent().path
    helper = "\(folder)/\(PodBuilder.program)"
  }
}
