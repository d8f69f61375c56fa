/// What to do after an attempt that did not succeed (Argo: `retryStrategy`).
public struct RetryStrategy: Hashable, Sendable {
  public enum Policy: String, CaseIterable, Hashable, Sendable {
    /// After the step itself failed; not after an error of the platform.
    case onFailure = "OnFailure"
    case onError = "OnError"
    case always = "Always"
    case onTransientError = "OnTransientError"
  }

  public struct Backoff: Hashable, Sendable {
    /// The wait before the first retry: a Go duration (`30s`, `1m30s`) or a bare number of seconds.
    public var duration: TemplateString
    /// Each further wait is this many times the last; absent or 0 keeps it constant.
    public var factor: TemplateString?
    public var cap: TemplateString?
    /// Counted from the first attempt's start: no retry may begin after it.
    public var maxDuration: TemplateString?

    public init(
      duration: TemplateString, factor: TemplateString? = nil, cap: TemplateString? = nil,
      maxDuration: TemplateString? = nil
    ) {
      self.duration = duration
      self.factor = factor
      self.cap = cap
      self.maxDuration = maxDuration
    }
  }

  /// Retries after the first attempt; nil retries without end.
  public var limit: TemplateString?
  public var policy: Policy
  public var backoff: Backoff?
  /// Asked after each failed attempt, about `lastRetry` and `retries`; there is another only if it holds and `policy`
  /// allows it.
  public var expression: Expression?

  public init(
    limit: TemplateString? = nil, policy: Policy = .onFailure, backoff: Backoff? = nil,
    expression: Expression? = nil
  ) {
    self.limit = limit
    self.policy = policy
    self.backoff = backoff
    self.expression = expression
  }
}
