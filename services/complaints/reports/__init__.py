"""Reports: how many complaints, why, how long open, on time or not, by period, channel and customer."""
