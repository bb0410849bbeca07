from homecare.accounts.branch_choice import current_branch

__all__ = ["current_branch"]
