/// Which misfortunes a seed has, and how often, in thousandths. Each is on or off by itself ("swarm testing": Groce et al.,
/// ISSTA 2012), so that rare combinations are not drowned by common ones.
struct FaultProfile {
  enum Fault: String, CaseIterable {
    case observationLost, observationRepeated, observationReordered
    case callRefused, callUnavailable, callReportedFailed
    case commitFailed, crash, clockJump
    case strangeEvent, shutdown
  }

  private let rates: [Int]

  init(_ random: inout SplitMix64) {
    rates = Fault.allCases.map { random.chance(500) ? Self.rate(of: $0) : 0 }
  }

  /// No misfortune any more: what must still come to an end.
  static let none = FaultProfile(rates: Fault.allCases.map { _ in 0 })

  private init(rates: [Int]) { self.rates = rates }

  /// High enough that a seed of a hundred turns sees most of those it has.
  private static func rate(of fault: Fault) -> Int {
    switch fault {
    case .observationLost, .observationRepeated, .observationReordered: 200
    case .callRefused: 30
    case .callUnavailable: 100
    case .callReportedFailed: 50
    case .commitFailed: 20
    case .crash: 10
    case .clockJump: 8
    case .strangeEvent: 100
    case .shutdown: 8
    }
  }

  func rate(_ fault: Fault) -> Int {
    Fault.allCases.firstIndex(of: fault).map { rates[$0] } ?? 0
  }
}
