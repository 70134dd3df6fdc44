"""The one training engine, and the estimators that pretrain networks with it."""
