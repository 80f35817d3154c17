"""External cases: what authorities, arbitrators and courts ask and rule about a complaint (外部案件)."""
